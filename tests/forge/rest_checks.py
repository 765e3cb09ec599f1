"""Routes of check runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.forge import views_pulls
from tests.forge.http import Answer, Call, Refusal, malformed, not_found
from tests.forge.hub import Hub
from tests.forge.state import CheckRun, now

MOST_ANNOTATIONS = 50
LONGEST_TEXT = 65535
LONGEST_TITLE = 255
LONGEST_MESSAGE = 64 * 1024
_CONCLUSIONS = frozenset(
    ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"]
)
_LEVELS = ("notice", "warning", "failure")
_ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}


def create_run(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/check-runs"""
    body, state = call.body, hub.state
    for name in ("name", "head_sha"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise malformed(f'"{name}" wasn\'t supplied.')
    _check(body, new=True)
    sha = call.repo.git.resolve(body["head_sha"]) if len(body["head_sha"]) == 40 else None
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {body['head_sha']}")
    suite = state.suite(call.repo, state.app.id, sha)
    run = CheckRun(id=state.new_id(), suite=suite, name=body["name"])
    state.runs[run.id] = run
    _apply(run, body)
    hub.emit("check_run", "created", call.repo, {"run": run}, state.app.bot)
    headers = {"location": f"{call.url}/{run.id}"}
    return Answer(status=201, body=views_pulls.check_run(hub, run), headers=headers)


def get_run(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/check-runs/{check_run_id}"""
    return Answer(body=views_pulls.check_run(hub, _run(hub, call)))


def update_run(hub: Hub, call: Call) -> Answer:
    """PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"""
    run = _run(hub, call)
    if run.suite.app_id != hub.state.app.id:
        message = "check run can only be modified by the GitHub App that created it."
        raise Refusal(403, f"Invalid app_id `{hub.state.app.id}` - {message}")
    _check(call.body, new=False)
    was_done = run.status == "completed"
    _apply(run, call.body)
    if run.status == "completed" and not was_done:
        hub.emit("check_run", "completed", call.repo, {"run": run}, hub.state.app.bot)
    return Answer(body=views_pulls.check_run(hub, run))


def list_annotations(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations"""
    run = _run(hub, call)
    shown, headers = call.page(run.annotations)
    return Answer(body=[views_pulls.annotation(hub, run, each) for each in shown], headers=headers)


def list_runs(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/commits/{ref}/check-runs: newest first; by default only the
    newest of each name."""
    query, ref = call.query, call.params["ref"]
    sha = call.repo.git.branch(ref) or call.repo.git.resolve(ref)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    runs = [run for run in hub.state.runs.values() if (run.repo, run.head_sha) == (call.repo, sha)]
    if query.get("filter", "latest") != "all":
        runs = list({(run.suite.id, run.name): run for run in runs}.values())
    runs = [run for run in runs if _matches(run, call)]
    runs.sort(key=lambda run: -run.id)
    shown, headers = call.page(runs)
    body = {
        "total_count": len(runs),
        "check_runs": [views_pulls.check_run(hub, run) for run in shown],
    }
    return Answer(body=body, headers=headers)


def _matches(run: CheckRun, call: Call) -> bool:
    query = call.query
    return (
        query.get("check_name", run.name) == run.name
        and query.get("app_id", str(run.suite.app_id)) == str(run.suite.app_id)
        and query.get("status", run.status) == run.status
    )


def _run(hub: Hub, call: Call) -> CheckRun:
    found = hub.state.runs.get(call.number("check_run_id"))
    if found is None or found.repo is not call.repo:
        raise not_found()
    return found


def _apply(run: CheckRun, body: Any) -> None:
    for name in ("name", "external_id", "details_url", "actions"):
        if name in body:
            setattr(run, name, body[name])
    if "started_at" in body:
        run.started_at = _time(body["started_at"])
    # A conclusion completes the run whatever status is sent with it.
    status = "completed" if body.get("conclusion") else body.get("status", run.status)
    if status != run.status or body.get("conclusion"):
        run.status, run.conclusion = status, body.get("conclusion")
        run.completed_at = None
    if status == "completed":
        run.suite.reset = False
        run.completed_at = _time(body.get("completed_at")) or run.completed_at or now()
    if "output" in body:
        output = body["output"]
        run.title = output.get("title", run.title)
        run.summary = output.get("summary", run.summary)
        run.text = output.get("text", run.text)
        run.annotations.extend(output.get("annotations", ()))
    run.suite.updated_at = now()


def _check(body: Any, new: bool) -> None:
    """Refuse what is beyond GitHub's limits."""
    status, conclusion = body.get("status"), body.get("conclusion")
    if status == "completed" and not conclusion:
        raise malformed('"conclusion" wasn\'t supplied.')
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise malformed(f"{conclusion} is not a member of {sorted(_CONCLUSIONS)}.")
    output = body.get("output")
    if output is not None:
        _check_output(output, new)
    actions = body.get("actions", ())
    if len(actions) > 3:
        raise malformed(f"No more than 3 items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, limit in _ACTION_LIMITS.items():
            if len(action.get(name, "")) > limit:
                raise malformed(f"actions.{name} exceeds a maximum length of {limit}.")


def _check_output(output: Any, new: bool) -> None:
    for name in ("title", "summary") if new else ("summary",):
        if not isinstance(output.get(name), str):
            raise malformed(f"For 'properties/output', \"{name}\" wasn't supplied.")
    limits = {"title": LONGEST_TITLE, "summary": LONGEST_TEXT, "text": LONGEST_TEXT}
    for name, limit in limits.items():
        if len(output.get(name) or "") > limit:
            raise malformed(f"{name} exceeds a maximum length of {limit} characters.")
    annotations = output.get("annotations", ())
    if len(annotations) > MOST_ANNOTATIONS:
        raise malformed(
            f"No more than {MOST_ANNOTATIONS} items are allowed; {len(annotations)} were supplied."
        )
    for each in annotations:
        _check_annotation(each)


def _check_annotation(each: Any) -> None:
    for name in ("path", "start_line", "end_line", "annotation_level", "message"):
        if name not in each:
            raise malformed(f"For 'properties/annotations', \"{name}\" wasn't supplied.")
    if each["annotation_level"] not in _LEVELS:
        raise malformed(f"{each['annotation_level']} is not a member of {list(_LEVELS)}.")
    if each["start_line"] < 1 or each["end_line"] < each["start_line"]:
        raise malformed("start_line and end_line are not a range of lines.")
    columns = "start_column" in each or "end_column" in each
    if columns and each["start_line"] != each["end_line"]:
        raise malformed("columns are only allowed on a single line.")
    if len(each.get("title") or "") > LONGEST_TITLE:
        raise malformed(f"title exceeds a maximum length of {LONGEST_TITLE} characters.")
    for name in ("message", "raw_details"):
        if len((each.get(name) or "").encode()) > LONGEST_MESSAGE:
            raise malformed(f"{name} exceeds a maximum of 64 KB.")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
