"""What requests and answers of GitLab's REST API look like, written by hand.

The assurance is weaker than that of the simulated GitHub, whose schemas are GitHub's own: GitLab
publishes no description that could be installed, so these shapes were written down from its
documentation and from the entities and parameters in its source. They cover what this fake knows
and nothing else. A mistake here is a mistake in fake and test alike; whoever changes a shape
should look it up again. Requests may hold nothing that is not described, though GitLab itself
would ignore it: a misspelt parameter must fail a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
WORD: Schema = {"type": "string", "minLength": 1}
WHOLE: Schema = {"type": "integer"}
ID: Schema = {"type": "integer", "minimum": 1}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
SHA: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
TIME: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
}
URL: Schema = {"type": "string", "pattern": "^https?://"}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"enum": list(values)}


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema) -> Schema:
    """A list of those."""
    return {"type": "array", "items": items}


def thing(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


USER = thing(
    {
        "id": ID,
        "username": WORD,
        "name": TEXT,
        "state": one_of("active", "blocked", "deactivated"),
        "avatar_url": maybe(URL),
        "web_url": URL,
    },
    {"public_email": maybe(TEXT), "locked": FLAG},
)
ME = thing(
    USER["properties"]
    | {"bot": FLAG, "created_at": TIME, "bio": maybe(TEXT), "email": TEXT, "external": FLAG},
    {"can_create_project": FLAG, "two_factor_enabled": FLAG},
)
MEMBER = thing(
    USER["properties"]
    | {
        "access_level": {"enum": [5, 10, 15, 20, 30, 40, 50]},
        "created_at": TIME,
        "expires_at": maybe(DAY),
    },
    {"membership_state": one_of("active", "awaiting")},
)
TOKEN = thing(
    {
        "id": ID,
        "name": TEXT,
        "revoked": FLAG,
        "created_at": TIME,
        "scopes": array(WORD),
        "user_id": ID,
        "active": FLAG,
        "expires_at": maybe(DAY),
    }
)
_ACCESS = maybe(thing({"access_level": WHOLE, "notification_level": WHOLE}))
PROJECT = thing(
    {
        "id": ID,
        "description": maybe(TEXT),
        "name": WORD,
        "name_with_namespace": WORD,
        "path": WORD,
        "path_with_namespace": WORD,
        "created_at": TIME,
        "default_branch": maybe(WORD),
        "ssh_url_to_repo": WORD,
        "http_url_to_repo": URL,
        "web_url": URL,
        "namespace": thing({"id": ID, "name": TEXT, "path": TEXT, "kind": TEXT, "full_path": TEXT}),
        "archived": FLAG,
        "visibility": one_of("private", "internal", "public"),
        "empty_repo": FLAG,
        "merge_requests_enabled": FLAG,
        "jobs_enabled": FLAG,
        "only_allow_merge_if_pipeline_succeeds": maybe(FLAG),
        "only_allow_merge_if_all_discussions_are_resolved": maybe(FLAG),
        "merge_method": one_of("merge", "rebase_merge", "ff"),
        "permissions": thing({"project_access": _ACCESS, "group_access": _ACCESS}),
    },
    {
        "forked_from_project": thing(
            {
                "id": ID,
                "name": WORD,
                "path": WORD,
                "path_with_namespace": WORD,
                "web_url": URL,
                "http_url_to_repo": URL,
            }
        )
    },
)
COMMIT = thing(
    {
        "id": SHA,
        "short_id": WORD,
        "created_at": TIME,
        "parent_ids": array(SHA),
        "title": TEXT,
        "message": TEXT,
        "author_name": TEXT,
        "author_email": TEXT,
        "authored_date": TIME,
        "committer_name": TEXT,
        "committer_email": TEXT,
        "committed_date": TIME,
        "trailers": {"type": "object"},
        "extended_trailers": {"type": "object"},
        "web_url": URL,
    }
)
BRANCH = thing(
    {
        "name": WORD,
        "commit": COMMIT,
        "merged": FLAG,
        "protected": FLAG,
        "developers_can_push": FLAG,
        "developers_can_merge": FLAG,
        "can_push": FLAG,
        "default": FLAG,
        "web_url": URL,
    }
)
PIPELINE_STATES = (
    "created",
    "waiting_for_resource",
    "preparing",
    "pending",
    "running",
    "success",
    "failed",
    "canceled",
    "skipped",
    "manual",
    "scheduled",
)
PIPELINE = thing(
    {
        "id": ID,
        "iid": ID,
        "project_id": ID,
        "sha": SHA,
        "ref": WORD,
        "status": one_of(*PIPELINE_STATES),
        "source": WORD,
        "created_at": TIME,
        "updated_at": TIME,
        "web_url": URL,
    }
)
FULL_PIPELINE = thing(
    PIPELINE["properties"]
    | {
        "before_sha": SHA,
        "tag": FLAG,
        "yaml_errors": maybe(TEXT),
        "started_at": maybe(TIME),
        "finished_at": maybe(TIME),
        "duration": maybe(NUMBER),
        "coverage": maybe(TEXT),
    }
)
COMMIT_DETAIL = thing(
    COMMIT["properties"]
    | {
        "stats": thing({"additions": WHOLE, "deletions": WHOLE, "total": WHOLE}),
        "status": maybe(WORD),
        "project_id": ID,
        "last_pipeline": maybe(PIPELINE),
    }
)
MERGE_REQUEST = thing(
    {
        "id": ID,
        "iid": ID,
        "project_id": ID,
        "title": WORD,
        "description": maybe(TEXT),
        "state": one_of("opened", "closed", "merged", "locked"),
        "created_at": TIME,
        "updated_at": TIME,
        "merged_by": maybe(USER),
        "merge_user": maybe(USER),
        "merged_at": maybe(TIME),
        "closed_by": maybe(USER),
        "closed_at": maybe(TIME),
        "target_branch": WORD,
        "source_branch": WORD,
        "user_notes_count": WHOLE,
        "upvotes": WHOLE,
        "downvotes": WHOLE,
        "author": USER,
        "assignees": array(USER),
        "assignee": maybe(USER),
        "reviewers": array(USER),
        "source_project_id": maybe(ID),
        "target_project_id": ID,
        "labels": array(WORD),
        "draft": FLAG,
        "imported": FLAG,
        "work_in_progress": FLAG,
        "milestone": maybe({"type": "object"}),
        "merge_when_pipeline_succeeds": FLAG,
        "merge_status": one_of(
            "unchecked", "preparing", "checking", "can_be_merged", "cannot_be_merged"
        ),
        "detailed_merge_status": one_of("preparing", "not_open", "draft_status", "mergeable"),
        "merge_after": maybe(TIME),
        "sha": maybe(SHA),
        "merge_commit_sha": maybe(SHA),
        "squash_commit_sha": maybe(SHA),
        "discussion_locked": maybe(FLAG),
        "should_remove_source_branch": maybe(FLAG),
        "force_remove_source_branch": maybe(FLAG),
        "prepared_at": maybe(TIME),
        "reference": WORD,
        "references": thing({"short": WORD, "relative": WORD, "full": WORD}),
        "web_url": URL,
        "time_stats": {"type": "object"},
        "squash": FLAG,
        "squash_on_merge": FLAG,
        "task_completion_status": {"type": "object"},
        "has_conflicts": FLAG,
        "blocking_discussions_resolved": FLAG,
    }
)
FULL_MERGE_REQUEST = thing(
    MERGE_REQUEST["properties"]
    | {
        "subscribed": FLAG,
        "changes_count": maybe(TEXT),
        "latest_build_started_at": maybe(TIME),
        "latest_build_finished_at": maybe(TIME),
        "first_deployed_to_production_at": maybe(TIME),
        "pipeline": maybe(PIPELINE),
        "head_pipeline": maybe(FULL_PIPELINE),
        "diff_refs": maybe(thing({"base_sha": SHA, "head_sha": SHA, "start_sha": SHA})),
        "merge_error": maybe(TEXT),
        "first_contribution": FLAG,
        "user": thing({"can_merge": FLAG}),
    }
)
VERSION = thing(
    {
        "id": ID,
        "head_commit_sha": SHA,
        "base_commit_sha": SHA,
        "start_commit_sha": SHA,
        "created_at": TIME,
        "merge_request_id": ID,
        "state": WORD,
        "real_size": TEXT,
        "patch_id_sha": maybe(SHA),
    }
)
APPROVALS = thing(
    {
        "id": ID,
        "iid": ID,
        "project_id": ID,
        "title": WORD,
        "state": WORD,
        "approved": FLAG,
        "approvals_required": WHOLE,
        "approvals_left": WHOLE,
        "user_has_approved": FLAG,
        "user_can_approve": FLAG,
        "approved_by": array(thing({"user": USER, "approved_at": TIME})),
    }
)
APPROVAL_SETTINGS = thing(
    {
        "approvals_before_merge": WHOLE,
        "reset_approvals_on_push": FLAG,
        "merge_requests_author_approval": FLAG,
        "merge_requests_disable_committers_approval": FLAG,
    }
)
NOTE = thing(
    {
        "id": ID,
        "type": maybe(TEXT),
        "body": TEXT,
        "author": USER,
        "created_at": TIME,
        "updated_at": TIME,
        "system": FLAG,
        "noteable_id": ID,
        "noteable_type": WORD,
        "project_id": ID,
        "resolvable": FLAG,
        "confidential": FLAG,
        "internal": FLAG,
        "imported": FLAG,
        "noteable_iid": ID,
        "commands_changes": {"type": "object"},
    }
)
COMMANDS = thing({"commands_changes": {"type": "object"}, "summary": array(TEXT)})
AWARD = thing(
    {
        "id": ID,
        "name": WORD,
        "user": USER,
        "created_at": TIME,
        "updated_at": TIME,
        "awardable_id": ID,
        "awardable_type": WORD,
        "url": maybe(URL),
    }
)
STATUS_STATES = ("pending", "running", "success", "failed", "canceled", "skipped")
STATUS = thing(
    {
        "id": ID,
        "sha": SHA,
        "ref": WORD,
        "status": one_of("created", *STATUS_STATES),
        "name": WORD,
        "target_url": maybe(TEXT),
        "description": maybe(TEXT),
        "created_at": TIME,
        "started_at": maybe(TIME),
        "finished_at": maybe(TIME),
        "allow_failure": FLAG,
        "coverage": maybe(NUMBER),
        "pipeline_id": ID,
        "author": USER,
    }
)
DIFF = thing(
    {
        "diff": TEXT,
        "collapsed": FLAG,
        "too_large": FLAG,
        "new_path": WORD,
        "old_path": WORD,
        "a_mode": WORD,
        "b_mode": WORD,
        "new_file": FLAG,
        "renamed_file": FLAG,
        "deleted_file": FLAG,
        "generated_file": FLAG,
    }
)
COMPARISON = thing(
    {
        "commit": maybe(COMMIT),
        "commits": array(COMMIT),
        "diffs": array(DIFF),
        "compare_timeout": FLAG,
        "compare_same_ref": FLAG,
        "web_url": URL,
    }
)
FILE = thing(
    {
        "file_name": WORD,
        "file_path": WORD,
        "size": WHOLE,
        "encoding": one_of("base64"),
        "content_sha256": WORD,
        "ref": WORD,
        "blob_id": SHA,
        "commit_id": SHA,
        "last_commit_id": SHA,
        "execute_filemode": FLAG,
        "content": TEXT,
    }
)
_LABELS: Schema = {"anyOf": [TEXT, array(WORD)]}
_ACTION = thing(
    {"action": one_of("create", "delete", "move", "update", "chmod"), "file_path": WORD},
    {
        "previous_path": WORD,
        "content": TEXT,
        "encoding": one_of("text", "base64"),
        "last_commit_id": SHA,
        "execute_filemode": FLAG,
    },
)
NEW_COMMIT = thing(
    {"branch": WORD, "commit_message": WORD, "actions": array(_ACTION)},
    {
        "start_branch": WORD,
        "start_sha": WORD,
        "force": FLAG,
        "author_name": WORD,
        "author_email": WORD,
        "stats": FLAG,
    },
)
NEW_MERGE_REQUEST = thing(
    {"source_branch": WORD, "target_branch": WORD, "title": WORD},
    {
        "description": TEXT,
        "target_project_id": ID,
        "labels": _LABELS,
        "remove_source_branch": FLAG,
        "squash": FLAG,
        "allow_collaboration": FLAG,
    },
)
EDITED_MERGE_REQUEST = thing(
    {},
    {
        "title": WORD,
        "description": TEXT,
        "target_branch": WORD,
        "state_event": one_of("close", "reopen"),
        "labels": _LABELS,
        "add_labels": _LABELS,
    },
)
# Lengths are not here: a request that GitLab refuses is well-formed, and the test should see the
# refusal.
NEW_STATUS = thing(
    {"state": one_of(*STATUS_STATES)},
    {
        "ref": WORD,
        "name": WORD,
        "context": WORD,
        "target_url": TEXT,
        "description": TEXT,
        "coverage": NUMBER,
        "pipeline_id": ID,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What one operation takes and gives: names of query parameters, the schema of its body (None:
    it takes none), and the schema of each good status (None: no body)."""

    query: tuple[str, ...] = ()
    body: Schema | None = None
    gives: Mapping[int, Schema | None] = field(default_factory=dict)


PAGES = ("page", "per_page")
_ORDER = ("order_by", "sort")
_KEYSET = ("pagination", "id_after", "id_before")
_P = "/projects/{id}"
_MR = f"{_P}/merge_requests/{{iid}}"
_NOTE = f"{_MR}/notes/{{note_id}}"
_REPO = f"{_P}/repository"


def _gives(schema: Schema) -> Mapping[int, Schema]:
    return {200: schema}


def _makes(schema: Schema) -> Mapping[int, Schema]:
    return {201: schema}


_GONE: Mapping[int, None] = {204: None}

OPERATIONS: Mapping[str, Described] = {
    "GET /user": Described(gives=_gives(ME)),
    "GET /users": Described(query=(*PAGES, "username"), gives=_gives(array(USER))),
    "GET /version": Described(gives=_gives(thing({"version": WORD, "revision": WORD}))),
    "GET /personal_access_tokens/self": Described(gives=_gives(TOKEN)),
    "GET /projects": Described(
        query=(*PAGES, *_ORDER, *_KEYSET, "membership", "min_access_level", "archived", "simple"),
        gives=_gives(array(PROJECT)),
    ),
    f"GET {_P}": Described(gives=_gives(PROJECT)),
    f"GET {_P}/approvals": Described(gives=_gives(APPROVAL_SETTINGS)),
    f"GET {_P}/members/all": Described(query=PAGES, gives=_gives(array(MEMBER))),
    f"GET {_P}/members/all/{{user_id}}": Described(gives=_gives(MEMBER)),
    f"GET {_P}/merge_requests": Described(
        query=(
            *PAGES,
            *_ORDER,
            "state",
            "source_branch",
            "target_branch",
            "author_username",
            "author_id",
            "scope",
        ),
        gives=_gives(array(MERGE_REQUEST)),
    ),
    f"POST {_P}/merge_requests": Described(
        body=NEW_MERGE_REQUEST, gives=_makes(FULL_MERGE_REQUEST)
    ),
    f"GET {_MR}": Described(gives=_gives(FULL_MERGE_REQUEST)),
    f"PUT {_MR}": Described(body=EDITED_MERGE_REQUEST, gives=_gives(FULL_MERGE_REQUEST)),
    f"GET {_MR}/approvals": Described(gives=_gives(APPROVALS)),
    f"GET {_MR}/versions": Described(query=PAGES, gives=_gives(array(VERSION))),
    f"GET {_MR}/pipelines": Described(query=PAGES, gives=_gives(array(PIPELINE))),
    f"GET {_MR}/notes": Described(
        query=(*PAGES, *_ORDER, "activity_filter"), gives=_gives(array(NOTE))
    ),
    f"POST {_MR}/notes": Described(
        body=thing({"body": TEXT}, {"internal": FLAG}), gives={201: NOTE, 202: COMMANDS}
    ),
    f"GET {_NOTE}": Described(gives=_gives(NOTE)),
    f"PUT {_NOTE}": Described(body=thing({"body": TEXT}), gives=_gives(NOTE)),
    f"DELETE {_NOTE}": Described(gives=_GONE),
    f"GET {_NOTE}/award_emoji": Described(query=PAGES, gives=_gives(array(AWARD))),
    f"POST {_NOTE}/award_emoji": Described(body=thing({"name": WORD}), gives=_makes(AWARD)),
    f"DELETE {_NOTE}/award_emoji/{{award_id}}": Described(gives=_GONE),
    f"POST {_P}/statuses/{{sha}}": Described(body=NEW_STATUS, gives=_makes(STATUS)),
    f"GET {_REPO}/commits/{{sha}}/statuses": Described(
        query=(*PAGES, *_ORDER, "ref", "name", "stage", "all", "pipeline_id"),
        gives=_gives(array(STATUS)),
    ),
    f"GET {_REPO}/commits": Described(query=(*PAGES, "ref_name"), gives=_gives(array(COMMIT))),
    f"POST {_REPO}/commits": Described(body=NEW_COMMIT, gives=_makes(COMMIT_DETAIL)),
    f"GET {_REPO}/commits/{{sha}}": Described(gives=_gives(COMMIT_DETAIL)),
    f"GET {_REPO}/branches": Described(query=(*PAGES, "search"), gives=_gives(array(BRANCH))),
    f"POST {_REPO}/branches": Described(
        body=thing({"branch": WORD, "ref": WORD}), gives=_makes(BRANCH)
    ),
    f"GET {_REPO}/branches/{{branch}}": Described(gives=_gives(BRANCH)),
    f"DELETE {_REPO}/branches/{{branch}}": Described(gives=_GONE),
    f"GET {_REPO}/compare": Described(query=("from", "to", "straight"), gives=_gives(COMPARISON)),
    f"GET {_REPO}/files/{{path}}": Described(query=("ref",), gives=_gives(FILE)),
    f"GET {_REPO}/files/{{path}}/raw": Described(query=("ref",), gives={200: {}}),
}
# How a refusal looks, whatever the operation.
REFUSAL: Schema = {
    "anyOf": [
        thing({"message": {"anyOf": [WORD, array(WORD), {"type": "object"}]}}),
        thing({"error": WORD}, {"error_description": WORD, "scope": WORD}),
    ]
}
