"""DBOS's own log: its banners are dropped, its warnings go where ours go."""

from __future__ import annotations

import logging

import structlog


class GaveUp(Exception):  # noqa: N818 - the end of a job, not a failure of the code
    """Ends a job's run in the state ERROR. It was logged where it happened."""


class _ToOurs(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and isinstance(record.exc_info[1], GaveUp):
            return
        log = structlog.get_logger()
        log.log(record.levelno, "dbos", said=record.getMessage(), exc_info=record.exc_info or None)


def quiet() -> None:
    """Must come before anything of DBOS runs: with a handler in place it installs none."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(handler, _ToOurs) for handler in logger.handlers):
        logger.handlers = [_ToOurs()]
    logger.propagate = False
    logger.setLevel(logging.WARNING)
