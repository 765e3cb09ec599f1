"""Sends GitHub's signed webhooks and keeps a record of each attempt."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

from tests.forge import events
from tests.forge.courier import TIMEOUT, Courier, Mishap
from tests.forge.hub import Hub
from tests.forge.state import HookDelivery, Repository, State

__all__ = ["Mishap", "Webhooks", "headers"]


class Webhooks(Courier[HookDelivery]):
    """The app's webhook. Nothing is sent while `url` is "". With `echoes` the app is also told
    what GitHub tells it of pushes and of its own doings, which nothing should react to.

    `threads` above 1 lets deliveries overtake each other as they do in life.
    """

    def __init__(self, hub: Hub, threads: int = 1) -> None:
        super().__init__(self._send, self._failed, threads)
        self.url = ""
        self.echoes = False
        self._hub = hub
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)

    def stop(self) -> None:
        """Send nothing more, not even what waits."""
        super().stop()
        self._client.close()

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
        self.dispatch(delivery, event)

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
        self.post(again)

    def _failed(self, delivery: HookDelivery) -> None:
        _record(delivery, 502, "failed to connect to host")
        _keep(self._hub.state, delivery)

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
