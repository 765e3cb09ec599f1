"""What the worker adds to regorus' builtins, and what it takes away. Runs in the worker only.

Only what can be done exactly as OPA does it is added. Anything else that a policy calls is an error
of the policy, told before anything is judged.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Callable
from typing import Any

import regorus  # type: ignore[import-untyped]

from bot.engines import unknown

# Calls that regorus has (`http.send` as one that quietly answers nothing) and that have no place in
# a judgement that must be the same each time and must not leave the process.
REFUSED = {
    "external_data": "policies have no network here, so no provider can be asked",
    "http.send": "policies have no network here",
    "net.lookup_ip_addr": "policies have no network here",
    "opa.runtime": "policies see nothing of the process that judges them",
    "rand.intn": "its answer is another one each time",
    "uuid.rfc4122": "its answer is another one each time",
}
# Known to regorus, but not in the list that it gives of its builtins.
_UNLISTED = frozenset({"print"})


def register(engine: regorus.Engine, now_ns: int) -> None:
    """Give an engine the builtins it lacks, and a clock that stands still at `now_ns`."""
    engine.add_extension("time.now_ns", 0, lambda: now_ns)
    engine.add_extension(unknown.NAME, 1, unknown.raising)
    for name, (arguments, function) in ADDED.items():
        engine.add_extension(name, arguments, function)


def known() -> frozenset[str]:
    """The names of every builtin that a policy may call."""
    runtime = regorus.Engine().eval_query("opa.runtime().builtins")
    own = runtime["result"][0]["expressions"][0]["value"]
    return frozenset(own) | _UNLISTED | {unknown.NAME} | ADDED.keys() - REFUSED.keys()


def _any(values: Any) -> bool:
    return any(value is True for value in _collection(values))


def _all(values: Any) -> bool:
    return all(value is True for value in _collection(values))


def _cast_array(values: Any) -> Any:
    if isinstance(values, list):
        return values
    return sorted(_collection(values))


def _collection(values: Any) -> Any:
    if not isinstance(values, list | set | frozenset):
        raise TypeError(f"expected an array or a set, not {type(values).__name__}")
    return values


def _re_match(pattern: Any, text: Any) -> Any:
    # Python's expressions are not Rego's: let the engine's own builtin of the new name answer.
    engine = regorus.Engine()
    engine.set_input_json(json.dumps([pattern, text]))
    answer = engine.eval_query("regex.match(input[0], input[1])")
    return answer["result"][0]["expressions"][0]["value"]


def _digest(algorithm: str) -> Callable[[Any], str]:
    def digest(text: Any) -> str:
        if not isinstance(text, str):
            raise TypeError(f"expected a string, not {type(text).__name__}")
        return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()

    return digest


def _cidr_intersects(one: Any, other: Any) -> bool:
    left, right = (ipaddress.ip_network(text, strict=False) for text in (one, other))
    return left.version == right.version and left.overlaps(right)


ADDED: dict[str, tuple[int, Callable[..., Any]]] = {
    "all": (1, _all),
    "any": (1, _any),
    "cast_array": (1, _cast_array),
    "crypto.md5": (1, _digest("md5")),
    "crypto.sha1": (1, _digest("sha1")),
    "crypto.sha256": (1, _digest("sha256")),
    "net.cidr_intersects": (2, _cidr_intersects),
    "re_match": (2, _re_match),
}
