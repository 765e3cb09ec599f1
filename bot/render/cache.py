"""Results on disk by what they were made of: bounded, shared by processes, checked when read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import zlib
from pathlib import Path

_DIGEST_BYTES = 16
_SUFFIX = ".bin"
# Room is made down to this share of the limit, so that not every entry makes room for the next.
_KEPT = 0.8


class Cache:
    """`get` what was `put` under a key, while there is room for it. Keys are hex digits.

    Anything that is wrong with an entry makes it a miss, anything wrong with the disk means no
    entry: a cache must not be what fails.
    """

    def __init__(self, directory: Path, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        # None until the folder was counted; others may write there too, so it is an estimate.
        self._size: int | None = None

    def get(self, key: str) -> bytes | None:
        """What was put under `key`, None where nothing is, or nothing whole."""
        path = self._path(key)
        try:
            stored = path.read_bytes()
            # The last use is what eviction goes by.
            os.utime(path)
        except OSError:
            return None
        digest, packed = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        if digest != _digest(key, packed):
            return None
        try:
            return zlib.decompress(packed)
        except zlib.error:
            return None

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, whole or not at all."""
        packed = zlib.compress(data, 1)
        stored = _digest(key, packed) + packed
        if len(stored) > self._max_bytes:
            return
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                try:
                    file.write(stored)
                    file.flush()
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
            self._make_room(len(stored))

    def _path(self, key: str) -> Path:
        return self._directory / key[:2] / (key[2:] + _SUFFIX)

    def _make_room(self, added: int) -> None:
        with self._lock:
            if self._size is not None:
                self._size += added
                if self._size <= self._max_bytes:
                    return
            entries = sorted(self._entries())
            self._size = sum(size for _, size, _ in entries)
            if self._size <= self._max_bytes:
                return
            for _, size, path in entries:
                if self._size <= self._max_bytes * _KEPT:
                    break
                path.unlink(missing_ok=True)
                self._size -= size

    def _entries(self) -> list[tuple[float, int, Path]]:
        """(last use, size, path) of all there is; files left over from a crash are among them."""
        found = []
        for path in self._directory.glob("??/*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
        return found


def _digest(key: str, packed: bytes) -> bytes:
    """Of the content and what it belongs to: an entry under another's name is none."""
    return hashlib.blake2b(key.encode("ascii") + packed, digest_size=_DIGEST_BYTES).digest()
