"""`plumbline serve` and `plumbline worker`: the processes that run for good."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

import uvicorn

from bot import logs
from bot.forges import ForgeError
from bot.jobs import Intake
from bot.main import create_advisor, create_web, create_worker, forge_apps
from bot.settings import Settings, SettingsError, load

WRONG_USE = 2


def run(args: argparse.Namespace) -> int:
    """Run until told to stop; returns the exit status."""
    try:
        settings = load(os.environ)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        forge_apps(settings)
        create_advisor(settings)
    except (SettingsError, ForgeError, OSError) as error:
        sys.stderr.write(f"plumbline: {error}\n")
        return WRONG_USE
    logs.configure(settings.log_level)
    return serve(settings) if args.command == "serve" else work(settings)


def serve(settings: Settings) -> int:
    """Web and worker in one process."""
    worker = create_worker(settings)
    worker.start()
    try:
        uvicorn.run(
            create_web(settings, Intake(settings.database)),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    finally:
        worker.stop()
    return 0


def work(settings: Settings) -> int:
    """A worker alone, beside a `serve` elsewhere on the same database."""
    if not settings.database_url:
        sys.stderr.write(
            "plumbline: a worker of its own needs a database that others reach: "
            "set PLUMBLINE_DATABASE_URL=postgresql://…\n"
        )
        return WRONG_USE
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    worker = create_worker(settings)
    worker.start()
    stop.wait()
    worker.stop()
    return 0
