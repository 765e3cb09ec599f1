"""Where GitHub is known to do what its description does not say. Reviewed by hand: each entry
names what is tolerated and why. What is not here is a violation."""

from __future__ import annotations

# Statuses that any operation can answer with, though few describe them.
UNDESCRIBED_STATUSES = {
    400: "a body that is not JSON",
    401: "bad, expired or revoked credentials",
    403: "a missing permission, a suspended installation",
    404: "what does not exist or may not be seen",
    422: "GitHub's limits and validations; check runs describe none of theirs",
}

# (operation, pointer to the value, start of the error, why). "*" stands for anything.
RESPONSE_ERRORS = (
    (
        "GET /app/installations",
        "/*/account",
        "",
        "the list describes an account as a user AND an enterprise at once; GitHub sends either",
    ),
    (
        "GET /repos/{owner}/{repo}/pulls",
        "/*/head/repo",
        "null is not of type",
        "the repository of a deleted fork is null; the description has no null there",
    ),
    (
        "* /repos/{owner}/{repo}/pulls/{pull_number}",
        "/head/repo",
        "null is not of type",
        "the same in a single pull request",
    ),
)
