"""The one retry policy, and the only import of tenacity."""

from __future__ import annotations


class Later(Exception):  # noqa: N818 - not an error: a request to be run again
    """Run the job again after `seconds`: the forge asked for a wait that no worker should sleep."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(f"{reason}; again in {seconds:.0f} s")
        self.seconds = seconds
        self.reason = reason
