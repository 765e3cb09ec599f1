"""Webhooks: bytes and headers in, a Delivery out. Handlers translate, they never decide."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """The delivery is not accepted. `status` is 401 (not proved to be the forge's) or 400
    (unreadable)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
