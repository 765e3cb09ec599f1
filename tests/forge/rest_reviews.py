"""Routes of what people say by a click: reviews, and reactions to comments."""

from __future__ import annotations

from tests.forge import views_pulls
from tests.forge.http import Answer, Call, invalid, not_found
from tests.forge.hub import Hub
from tests.forge.state import Reaction

_CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def list_reviews(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews: in the order they were submitted."""
    pull = call.repo.pulls.get(call.number("pull_number"))
    if pull is None:
        raise not_found()
    shown, headers = call.page(pull.reviews)
    return Answer(body=[views_pulls.review(hub, pull, each) for each in shown], headers=headers)


def create_reaction(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions: 200 where it is there."""
    comment = hub.state.comments.get(call.number("comment_id"))
    if comment is None or comment.repo is not call.repo:
        raise not_found()
    content, author = call.body.get("content"), hub.state.app.bot
    if content not in _CONTENTS:
        raise invalid("Reaction", "content", "invalid")
    is_new = (content, author) not in comment.reactions
    if is_new:
        made = Reaction(id=hub.state.new_id(), content=content, author=author)
        comment.reactions[content, author] = made
    shown = views_pulls.reaction(hub, comment.reactions[content, author])
    return Answer(status=201 if is_new else 200, body=shown)
