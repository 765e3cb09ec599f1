"""What the worker adds to regorus' builtins, and what it takes away. Runs in the worker only.

Only what can be done exactly as OPA does it is added. Anything else that a policy calls is an error
of the policy, told before anything is judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import regorus  # type: ignore[import-untyped]

from bot.engines import builtins_crypto as crypto
from bot.engines import builtins_jwt as jwt
from bot.engines import builtins_net as net
from bot.engines import builtins_types as types
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


def _re_match(pattern: Any, text: Any) -> Any:
    # Python's expressions are not Rego's: let the engine's own builtin of the new name answer.
    engine = _matching()
    engine.set_input_json(json.dumps([pattern, text]))
    answer = engine.eval_rule("data.re.match")
    if answer is None:
        raise ValueError("expected two strings")
    return answer


@cache
def _matching() -> regorus.Engine:
    engine = regorus.Engine()
    engine.add_policy("re", "package re\n\nmatch := regex.match(input[0], input[1])\n")
    return engine


ADDED: dict[str, tuple[int, Callable[..., Any]]] = {
    "all": (1, types.all_true),
    "any": (1, types.any_true),
    "array.flatten": (1, types.flatten),
    "cast_array": (1, types.cast_array),
    "cast_boolean": (1, types.cast_boolean),
    "cast_null": (1, types.cast_null),
    "cast_object": (1, types.cast_object),
    "cast_set": (1, types.cast_set),
    "cast_string": (1, types.cast_string),
    "crypto.hmac.equal": (2, crypto.same),
    "crypto.hmac.md5": (2, crypto.keyed("md5")),
    "crypto.hmac.sha1": (2, crypto.keyed("sha1")),
    "crypto.hmac.sha256": (2, crypto.keyed("sha256")),
    "crypto.hmac.sha512": (2, crypto.keyed("sha512")),
    "crypto.md5": (1, crypto.digest("md5")),
    "crypto.sha1": (1, crypto.digest("sha1")),
    "crypto.sha256": (1, crypto.digest("sha256")),
    "io.jwt.decode": (1, jwt.decode),
    "io.jwt.verify_hs256": (2, jwt.verified("sha256")),
    "io.jwt.verify_hs384": (2, jwt.verified("sha384")),
    "io.jwt.verify_hs512": (2, jwt.verified("sha512")),
    "net.cidr_intersects": (2, net.intersects),
    "net.cidr_merge": (1, net.merge),
    "net.cidr_overlap": (2, net.overlap),
    "re_match": (2, _re_match),
}
