"""The durable jobs: what was accepted is judged, once the newest of a pull request, come what may.

The web side accepts deliveries (`Intake`), workers run them (`Worker`), and both meet in one
database, SQLite or PostgreSQL. DBOS is the engine; nothing outside this package knows that.
"""

from bot.jobs.database import DatabaseError, counts
from bot.jobs.heads import Heads
from bot.jobs.intake import Intake
from bot.jobs.model import Handlers, Ticket, Timing
from bot.jobs.proposals import Proposals
from bot.jobs.records import Records
from bot.jobs.worker import Worker

__all__ = [
    "DatabaseError",
    "Handlers",
    "Heads",
    "Intake",
    "Proposals",
    "Records",
    "Ticket",
    "Timing",
    "Worker",
    "counts",
]
