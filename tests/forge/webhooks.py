"""Sends signed webhooks, keeps a record of each attempt, and loses or repeats them on demand."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Any

import httpx

from tests.forge import events
from tests.forge.hub import Hub
from tests.forge.state import HookDelivery, Repository, State

TIMEOUT = 10.0


class Mishap(Enum):
    """What can happen to a webhook on its way."""

    TWICE = "it arrives twice"
    LATE = "it arrives after the next one, or when the rest is through"
    LOST = "GitHub never sends it and has no record"
    FAILED = "GitHub could not connect, and has a record"


class Webhooks:
    """The app's webhook. Nothing is sent while `url` is "". With `echoes` the app is also told
    what GitHub tells it of pushes and of its own doings, which nothing should react to.

    `threads` above 1 lets deliveries overtake each other as they do in life.
    """

    def __init__(self, hub: Hub, threads: int = 1) -> None:
        self.url = ""
        self.echoes = False
        self._hub = hub
        self._queue: queue.Queue[HookDelivery | None] = queue.Queue()
        self._rules: list[tuple[str, Mishap]] = []
        self._chances: Mapping[Mishap, float] = {}
        self._random = random.Random(0)
        self._held: list[HookDelivery] = []
        self._lock = threading.Lock()
        self._stopping = False
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)
        self._threads = [
            threading.Thread(target=self._work, name="fake-webhooks", daemon=True)
            for _ in range(threads)
        ]
        # What happened to webhooks so far.
        self.mishaps: Counter[Mishap] = Counter()

    def start(self) -> None:
        """Start sending."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more, not even what waits."""
        self._stopping = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=TIMEOUT + 1)
        self._client.close()

    def disturb(self, mishap: Mishap, event: str = "", times: int = 1) -> None:
        """Let `mishap` befall the next `times` webhooks, of one kind of event or of any."""
        with self._lock:
            self._rules += [(event, mishap)] * times

    def chaos(self, seed: int, chances: Mapping[Mishap, float]) -> None:
        """Let each mishap befall any webhook with its chance, repeatably."""
        with self._lock:
            self._random, self._chances = random.Random(seed), dict(chances)

    def emit(
        self,
        event: str,
        action: str | None,
        repo: Repository | None,
        about: Mapping[str, Any],
        sender: str,
    ) -> None:
        """Send one event of now. A repository without the app sends none."""
        if not self.url or (repo is not None and repo.installation is None):
            return
        if not self.echoes and self._is_echo(event, action, sender):
            return
        state = self._hub.state
        installation_id, repository_id = events.target_ids(repo, about)
        with state.lock:
            delivery = HookDelivery(
                id=state.new_id(),
                guid=str(uuid.uuid4()),
                event=event,
                action=action,
                payload=events.payload(self._hub, event, action, repo, about, sender),
                installation_id=installation_id,
                repository_id=repository_id,
            )
        self._dispatch(delivery)

    def _is_echo(self, event: str, action: str | None, sender: str) -> bool:
        own = sender == self._hub.state.app.bot and event in ("check_run", "issue_comment")
        return own or event == "push" or (event, action) == ("check_suite", "requested")

    def resend(self, old: HookDelivery) -> None:
        """Deliver it again, with the same guid and the same payload."""
        state = self._hub.state
        with state.lock:
            again = HookDelivery(
                id=state.new_id(),
                guid=old.guid,
                event=old.event,
                action=old.action,
                payload=old.payload,
                installation_id=old.installation_id,
                repository_id=old.repository_id,
                redelivery=True,
            )
        self._queue.put(again)

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until everything is sent, what is held back too. Raises TimeoutError."""
        with self._lock:
            held, self._held = self._held, []
        for delivery in held:
            self._queue.put(delivery)
        self.settle(timeout)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until what is not held back is sent. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while self._queue.unfinished_tasks:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._queue.unfinished_tasks} webhooks are still unsent")
            time.sleep(0.002)

    def _dispatch(self, delivery: HookDelivery) -> None:
        with self._lock:
            mishap = self._mishap(delivery.event)
            if mishap is not None:
                self.mishaps[mishap] += 1
            if mishap is Mishap.LATE:
                self._held.append(delivery)
                return
            released, self._held = self._held, []
        if mishap is Mishap.FAILED:
            _record(delivery, 502, "failed to connect to host")
            _keep(self._hub.state, delivery)
        elif mishap is not Mishap.LOST:
            for _ in range(2 if mishap is Mishap.TWICE else 1):
                self._queue.put(delivery)
        for late in released:
            self._queue.put(late)

    def _mishap(self, event: str) -> Mishap | None:
        for number, (wanted, mishap) in enumerate(self._rules):
            if wanted in ("", event):
                del self._rules[number]
                return mishap
        draw = self._random.random() if self._chances else 1.0
        for mishap, chance in self._chances.items():
            if draw < chance:
                return mishap
            draw -= chance
        return None

    def _work(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                if not self._stopping:
                    self._send(delivery)
            finally:
                self._queue.task_done()
        self._queue.task_done()

    def _send(self, delivery: HookDelivery) -> None:
        body = json.dumps(delivery.payload, separators=(",", ":")).encode()
        delivery.request_headers = headers(self._hub.state, delivery, body)
        started = time.monotonic()
        try:
            answer = self._client.post(self.url, content=body, headers=delivery.request_headers)
        except httpx.TimeoutException:
            _record(delivery, 504, "timed out")
        except httpx.TransportError:
            _record(delivery, 502, "failed to connect to host")
        else:
            good = answer.is_success
            word = "OK" if good else f"Invalid HTTP Response: {answer.status_code}"
            _record(delivery, answer.status_code, word)
            delivery.response_headers = dict(answer.headers)
            delivery.response_body = answer.text
        delivery.duration = time.monotonic() - started
        _keep(self._hub.state, delivery)


def headers(state: State, delivery: HookDelivery, body: bytes) -> dict[str, str]:
    """The headers of a delivery, signed."""
    secret = state.app.webhook_secret.encode()
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(events.HOOK_ID),
        "X-GitHub-Hook-Installation-Target-ID": str(state.app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": "sha1=" + hmac.new(secret, body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
    }


def _record(delivery: HookDelivery, code: int, status: str) -> None:
    delivery.status_code, delivery.status = code, status


def _keep(state: State, delivery: HookDelivery) -> None:
    with state.lock:
        state.deliveries[delivery.id] = delivery
