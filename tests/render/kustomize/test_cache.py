from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.render.cache import Cache

_MIB = 1024 * 1024


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_it_gives_back_what_was_put(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "not" / "there", _MIB)
    assert cache.get("ab" * 32) is None
    cache.put("ab" * 32, b"hello" * 1000)
    assert cache.get("ab" * 32) == b"hello" * 1000
    assert Cache(tmp_path / "not" / "there", _MIB).get("ab" * 32) == b"hello" * 1000


def _flipped(data: bytes) -> bytes:
    return data[:20] + bytes([data[20] ^ 1]) + data[21:]


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:0], lambda data: data[:-1], _flipped, lambda data: data * 2]
)
def test_a_broken_entry_is_none(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    cache = Cache(tmp_path, _MIB)
    cache.put("aa" * 32, b"hello")
    (path,) = entries(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    assert cache.get("aa" * 32) is None
    cache.put("aa" * 32, b"again")
    assert cache.get("aa" * 32) == b"again"


def test_an_entry_under_the_name_of_another_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path, _MIB)
    cache.put("aa" * 32, b"one")
    cache.put("bb" * 32, b"two")
    (one,), (two,) = entries(tmp_path / "aa"), entries(tmp_path / "bb")
    two.write_bytes(one.read_bytes())
    assert cache.get("bb" * 32) is None


def test_the_least_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 60_000)
    now = time.time()
    for number in range(5):
        key = f"{number:02x}" * 32
        cache.put(key, os.urandom(10_000))
        (path,) = entries(tmp_path / key[:2])
        os.utime(path, (now - 100 + number, now - 100 + number))
    assert cache.get("00" * 32) is not None
    for number in range(5, 8):
        cache.put(f"{number:02x}" * 32, os.urandom(10_000))
    assert sum(path.stat().st_size for path in entries(tmp_path)) <= 60_000
    assert cache.get("00" * 32) is not None
    assert cache.get("01" * 32) is None
    assert cache.get("07" * 32) is not None


def test_what_is_larger_than_all_of_it_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1_000)
    cache.put("aa" * 32, os.urandom(2_000))
    assert cache.get("aa" * 32) is None
    assert entries(tmp_path) == []


def test_a_disk_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file", _MIB)
    cache.put("aa" * 32, b"x")
    assert cache.get("aa" * 32) is None


def test_many_at_once(tmp_path: Path) -> None:
    caches = [Cache(tmp_path, 300_000) for _ in range(2)]
    keys = [f"{number:02x}" * 32 for number in range(16)]

    def work(number: int) -> bool:
        key = keys[number % len(keys)]
        caches[number % 2].put(key, key.encode() * 300)
        return caches[1 - number % 2].get(key) in (None, key.encode() * 300)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))
    assert all(path.suffix == ".bin" for path in entries(tmp_path))
