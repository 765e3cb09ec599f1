"""Builtins that the engine lacks, by the examples and figures that are published for them."""

from __future__ import annotations

import pytest

from tests.engines.asking import messages, problems, sources

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
# The token of https://jwt.io, signed with "your-256-bit-secret".
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF"
    "0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)


@pytest.mark.parametrize(
    "call",
    [
        # RFC 2202 and RFC 4231, test case 2.
        (
            'crypto.hmac.md5("what do ya want for nothing?", "Jefe") == '
            '"750c783e6ab0b503eaa86e310a5db738"'
        ),
        (
            'crypto.hmac.sha1("what do ya want for nothing?", "Jefe") == '
            '"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"'
        ),
        (
            'crypto.hmac.sha256("what do ya want for nothing?", "Jefe") == '
            '"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"'
        ),
        'startswith(crypto.hmac.sha512("what do ya want for nothing?", "Jefe"), "164b7a7b")',
        'crypto.hmac.equal("abc", "abc")',
        'not crypto.hmac.equal("abc", "abd")',
        # FIPS 180, "abc".
        'crypto.sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"',
        'startswith(crypto.sha256("abc"), "ba7816bf8f01cfea414140de5dae2223")',
        # RFC 1321.
        'crypto.md5("message digest") == "f96b697d7cb7938d525a2f31aaf161d0"',
        f'io.jwt.decode("{TOKEN}")[0] == {{"alg": "HS256", "typ": "JWT"}}',
        f'io.jwt.decode("{TOKEN}")[1].name == "John Doe"',
        f'startswith(io.jwt.decode("{TOKEN}")[2], "49f94ac7044948c7")',
        f'io.jwt.verify_hs256("{TOKEN}", "your-256-bit-secret")',
        f'not io.jwt.verify_hs256("{TOKEN}", "another")',
        f'not io.jwt.verify_hs512("{TOKEN}", "your-256-bit-secret")',
        'net.cidr_merge(["192.0.128.0/24", "192.0.129.0/24"]) == {"192.0.128.0/23"}',
        'net.cidr_merge({"10.0.0.0/8", "10.1.0.0/16", "::1"}) == {"10.0.0.0/8", "::1/128"}',
        'net.cidr_intersects("192.168.0.0/16", "192.168.1.0/24")',
        'net.cidr_overlap("192.168.0.0/16", "192.168.4.2")',
        'not net.cidr_overlap("192.168.0.0/16", "10.0.0.1")',
        "array.flatten([1, [2, [3]], []]) == [1, 2, [3]]",
        'cast_set(["b", "a", "b"]) == {"a", "b"}',
        'cast_array({"b", "a"}) == ["a", "b"]',
        'cast_string("a") == "a"',
        "cast_boolean(false) == false",
        "cast_null(null) == null",
        'cast_object({"a": 1}) == {"a": 1}',
    ],
)
def test_a_builtin_gives_the_published_answer(call: str) -> None:
    assert messages(sources(f'package main\ndeny[m] {{ {call}; m := "x" }}'), POD) == ["x"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("cast_string(1)", "expected str, not int"),
        ("cast_set([true, 1])", "booleans among others are not supported"),
        ('net.cidr_merge("10.0.0.0/8")', "expected an array or a set"),
        ('io.jwt.decode("a.b")', "three parts"),
        ('io.jwt.decode("!.b.c")', "not base64"),
        ("crypto.hmac.sha256(1, 2)", "expected a string"),
        ("array.flatten({1})", "expected list, not set"),
    ],
)
def test_an_argument_of_another_kind_is_an_error(call: str, said: str) -> None:
    (problem,) = problems(sources(f'package main\ndeny[m] {{ {call}; m := "x" }}'), POD)
    assert problem.startswith("p0.rego:2: ")
    assert said in problem
