"""Who calls: the app by a JWT, an installation by its token."""

from __future__ import annotations

import base64
import functools
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.forge.http import Refusal
from tests.forge.state import Installation, State, Token, now

LEVELS = {"read": 1, "write": 2, "admin": 3}
_LONGEST = 600
_LEEWAY = 60


@functools.cache
def key_pair() -> tuple[str, str]:
    """(private, public) PEM of one RSA key; made once a process, since that takes 0.1 s."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def bearer(headers: Mapping[str, str]) -> str:
    """The credentials of an Authorization header, from either of GitHub's schemes."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("bearer", "token") else ""


def check_jwt(state: State, text: str) -> None:
    """Refuse what is not a current JWT of the app."""
    if not text:
        raise Refusal(401, "Requires authentication")
    try:
        claims = jwt.decode(
            text,
            state.app.public_key_pem,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_iss": False},
        )
    except jwt.InvalidTokenError:
        raise Refusal(401, "A JSON web token could not be decoded") from None
    if str(claims.get("iss")) not in (str(state.app.id), state.app.client_id):
        raise Refusal(404, "Integration not found")
    _check_times(claims)


def _check_times(claims: Mapping[str, Any]) -> None:
    expires, issued, current = claims.get("exp"), claims.get("iat"), time.time()
    if not isinstance(issued, int):
        message = "must be an Integer representing the time that the assertion was issued"
        raise Refusal(401, f"'Issued at' claim ('iat') {message}")
    if not isinstance(expires, int) or expires <= current:
        message = "must be a numeric value representing the future time at which the"
        raise Refusal(401, f"'Expiration time' claim ('exp') {message} assertion expires")
    if expires > current + _LONGEST + _LEEWAY:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if issued > current + _LEEWAY:
        message = "must be an Integer representing the time that the assertion was issued"
        raise Refusal(401, f"'Issued at' claim ('iat') {message}")


def check_token(state: State, text: str) -> Token:
    """The token that `text` is. Refuses unknown, expired and revoked ones alike."""
    if not text:
        raise Refusal(401, "Requires authentication")
    token = state.tokens.get(text)
    if token is None or token.revoked or token.expires_at <= now():
        raise Refusal(401, "Bad credentials")
    if token.installation.suspended:
        raise Refusal(403, "This installation has been suspended")
    return token


def allows(permissions: Mapping[str, str], name: str, level: str) -> bool:
    """Whether permissions cover a level of one of them."""
    return LEVELS.get(permissions.get(name, ""), 0) >= LEVELS[level]


def issue(
    state: State,
    installation: Installation,
    permissions: dict[str, str],
    repositories: frozenset[int] | None,
) -> Token:
    """A new installation token in GitHub's long form."""
    token = Token(
        value=_token_text(state.app.id),
        installation=installation,
        expires_at=now() + state.token_lifetime,
        permissions=permissions,
        repositories=repositories,
    )
    state.tokens[token.value] = token
    return token


def _token_text(app_id: int) -> str:
    parts = (json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), secrets.token_bytes(160))
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return f"ghs_{app_id}_{'.'.join(encoded)}.{secrets.token_urlsafe(32)}"
