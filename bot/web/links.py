"""Signed links that expire: who holds one may read one record until its day."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

# Links of the same weeks are the same link, so that a comment that says the same is not rewritten.
_PERIOD = timedelta(days=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTEXT = b"plumbline details link v1"


class Links:
    """Makes and checks the links. `secret` is stretched to a key of their own."""

    def __init__(self, public_url: str, secret: str) -> None:
        self._base = public_url.rstrip("/")
        self._key = hmac.new(secret.encode(), _CONTEXT, hashlib.sha256).digest() if secret else b""

    def to(self, record_id: str, now: datetime) -> str:
        """The link to a record, good for 30 to 60 days; "" where nothing public is configured."""
        if not self._base or not self._key:
            return ""
        periods = (now - _EPOCH) // _PERIOD + 2
        expires = int((periods * _PERIOD).total_seconds())
        query = urlencode({"expires": expires, "signature": self._sign(record_id, expires)})
        return f"{self._base}/judgements/{record_id}?{query}"

    def opens(self, record_id: str, expires: str, signature: str, now: datetime) -> bool:
        """Whether a link is ours and not expired."""
        if not self._key or not expires.isascii() or not expires.isdigit() or len(expires) > 12:
            return False
        good = self._sign(record_id, int(expires)).encode()
        if not hmac.compare_digest(good, signature.encode("utf-8", "replace")):
            return False
        return now < _EPOCH + timedelta(seconds=int(expires))

    def _sign(self, record_id: str, expires: int) -> str:
        message = f"{record_id}:{expires}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
