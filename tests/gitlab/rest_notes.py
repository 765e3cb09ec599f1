"""Routes of the notes on a merge request, and of the emoji on them."""

from __future__ import annotations

from tests.forge.http import Answer
from tests.gitlab import auth, views
from tests.gitlab.http import Call, Refusal, malformed
from tests.gitlab.hub import Hub
from tests.gitlab.rest_merge_requests import find
from tests.gitlab.state import MAINTAINER, Award, Note

LONGEST = 1_000_000


def list_notes(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests/{iid}/notes: newest first unless `sort=asc`, by
    `order_by`; system notes are among them."""
    order, sort = call.query.get("order_by", "created_at"), call.query.get("sort", "desc")
    if order not in ("created_at", "updated_at"):
        raise malformed("order_by does not have a valid value")
    if sort not in ("asc", "desc"):
        raise malformed("sort does not have a valid value")
    found = hub.state.notes_of(find(call))
    if call.query.get("activity_filter") == "only_comments":
        found = [each for each in found if not each.system]
    moved = order == "updated_at"
    found.sort(
        key=lambda each: (each.updated_at if moved else each.created_at, each.id),
        reverse=sort == "desc",
    )
    shown, headers = call.page(found)
    return Answer(body=[views.note(hub, each) for each in shown], headers=headers)


def get_note(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests/{iid}/notes/{note_id}"""
    return Answer(body=views.note(hub, _note(hub, call)))


def create_note(hub: Hub, call: Call) -> Answer:
    """POST /projects/{id}/merge_requests/{iid}/notes: 202 where there were only quick actions."""
    made = hub.add_note(find(call), _body(call), call.user)
    if made is None:
        body = {"commands_changes": {}, "summary": ["Commands applied."]}
        return Answer(status=202, body=body)
    return Answer(status=201, body=views.note(hub, made))


def update_note(hub: Hub, call: Call) -> Answer:
    """PUT /projects/{id}/merge_requests/{iid}/notes/{note_id}"""
    note = _note(hub, call)
    _check_own(call, note)
    hub.edit_note(note, _body(call), call.user)
    return Answer(body=views.note(hub, note))


def delete_note(hub: Hub, call: Call) -> Answer:
    """DELETE /projects/{id}/merge_requests/{iid}/notes/{note_id}"""
    note = _note(hub, call)
    _check_own(call, note)
    del hub.state.notes[note.id]
    return Answer(status=204)


def list_awards(hub: Hub, call: Call) -> Answer:
    """GET …/notes/{note_id}/award_emoji"""
    note = _note(hub, call)
    shown, headers = call.page(note.awards)
    return Answer(body=[views.award(hub, each, note) for each in shown], headers=headers)


def create_award(hub: Hub, call: Call) -> Answer:
    """POST …/notes/{note_id}/award_emoji: the same one twice is a 404, however odd."""
    note = _note(hub, call)
    name = call.body.get("name") or call.query.get("name")
    if not name:
        raise malformed("name is missing")
    if any((each.name, each.user) == (name, call.user) for each in note.awards):
        raise Refusal(404, "404 Award Emoji Name has already been taken Not Found")
    made = Award(id=hub.state.new_id(), name=name, user=call.user)
    note.awards.append(made)
    return Answer(status=201, body=views.award(hub, made, note))


def delete_award(hub: Hub, call: Call) -> Answer:
    """DELETE …/notes/{note_id}/award_emoji/{award_id}"""
    note, wanted = _note(hub, call), call.number("award_id")
    kept = [each for each in note.awards if each.id != wanted]
    if len(kept) == len(note.awards):
        raise Refusal(404, "404 Award Emoji Not Found")
    note.awards = kept
    return Answer(status=204)


def _note(hub: Hub, call: Call) -> Note:
    merge_request = find(call)
    found = hub.state.notes.get(call.number("note_id"))
    if found is None or found.merge_request is not merge_request:
        raise Refusal(404, "404 Note Not Found")
    return found


def _check_own(call: Call, note: Note) -> None:
    if note.author is not call.user and auth.level(call.project, call.user) < MAINTAINER:
        raise Refusal(403, "403 Forbidden")


def _body(call: Call) -> str:
    body = call.body.get("body")
    if body is None:
        raise malformed("body is missing")
    if not isinstance(body, str):
        raise malformed("body is invalid")
    wrong = ""
    if not body.strip():
        wrong = "can't be blank"
    elif len(body) > LONGEST:
        wrong = f"is too long (maximum is {LONGEST} characters)"
    if wrong:
        raise Refusal(400, f'400 Bad request - Note {{:note=>["{wrong}"]}}')
    return body
