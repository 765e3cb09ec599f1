"""Sends GitLab's webhooks and keeps a log of each attempt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

from tests.forge.courier import TIMEOUT, Courier
from tests.gitlab import events
from tests.gitlab.hub import Hub
from tests.gitlab.state import HookDelivery, Project, User


class Webhooks(Courier[HookDelivery]):
    """The webhook of every hooked project. Nothing is sent while `url` is "". With `echoes` the
    bot is also told of its own notes and pushes, as it is in life.

    `token` is sent as it is; with a `signing_key` (`whsec_` and base64) deliveries are signed too.
    GitLab sends nothing twice by itself; `resend` is its button for that.
    """

    def __init__(self, hub: Hub, token: str, threads: int = 1) -> None:
        super().__init__(self._send, self._failed, threads)
        self.url = ""
        self.token = token
        self.signing_key = ""
        self.echoes = False
        self._hub = hub
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)

    def stop(self) -> None:
        """Send nothing more, not even what waits."""
        super().stop()
        self._client.close()

    def emit(self, event: str, project: Project, about: Mapping[str, Any], sender: User) -> None:
        """Send one event of now."""
        state = self._hub.state
        if not self.url or not project.hooked:
            return
        if not self.echoes and sender is state.bot and event in ("note", "push"):
            return
        with state.lock:
            delivery = HookDelivery(
                id=state.new_id(),
                key=str(uuid.uuid4()),
                event=event,
                project=project,
                payload=events.payload(self._hub, event, project, about, sender),
            )
        self.dispatch(delivery, event)

    def resend(self, old: HookDelivery) -> None:
        """Deliver it again, with the same Idempotency-Key and the same payload."""
        self.post(
            HookDelivery(
                id=self._hub.state.new_id(),
                key=old.key,
                event=old.event,
                project=old.project,
                payload=old.payload,
                resent=True,
            )
        )

    def _failed(self, delivery: HookDelivery) -> None:
        self._keep(delivery, 0, "Failed to open TCP connection")

    def _send(self, delivery: HookDelivery) -> None:
        body = json.dumps(delivery.payload, separators=(",", ":")).encode()
        sent = headers(self._hub.url, delivery, body, self.token, self.signing_key)
        delivery.request_headers = sent
        try:
            answer = self._client.post(self.url, content=body, headers=sent)
        except httpx.TransportError as error:
            self._keep(delivery, 0, str(error) or type(error).__name__)
        else:
            self._keep(delivery, answer.status_code, "")

    def _keep(self, delivery: HookDelivery, code: int, error: str) -> None:
        delivery.status_code, delivery.error = code, error
        with self._hub.state.lock:
            self._hub.state.deliveries.append(delivery)


def headers(
    instance: str, delivery: HookDelivery, body: bytes, token: str, signing_key: str
) -> dict[str, str]:
    """The headers of a delivery. webhook-id and webhook-timestamp are there without a key too."""
    stamp = str(int(time.time()))
    named = {
        "Content-Type": "application/json",
        "User-Agent": "GitLab/19.3.0",
        "Idempotency-Key": delivery.key,
        "X-Gitlab-Event": events.NAMES[delivery.event],
        "X-Gitlab-Webhook-UUID": str(uuid.uuid5(uuid.NAMESPACE_OID, str(delivery.project.id))),
        "X-Gitlab-Instance": instance,
        "X-Gitlab-Event-UUID": str(uuid.uuid4()),
        "webhook-id": delivery.key,
        "webhook-timestamp": stamp,
    }
    if token:
        named["X-Gitlab-Token"] = token
    if signing_key:
        named["webhook-signature"] = signature(signing_key, delivery.key, stamp, body)
    return named


def signature(key: str, identity: str, stamp: str, body: bytes) -> str:
    """The Standard Webhooks signature of a body."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    signed = b".".join((identity.encode(), stamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
