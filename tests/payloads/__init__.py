"""Real example payloads of every GitHub webhook; README.md says where they are from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("webhooks.json.gz")


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """(event name, payload) of each example, in the file's order."""
    for event in json.loads(gzip.decompress(_FILE.read_bytes())):
        for payload in event["examples"]:
            yield event["name"], payload
