"""Chart archives into folders: regular files only, inside of the folder, and not too many."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bot.render.remote.trouble import NotFetched

MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 10_000


def extract(data: bytes, into: Path, what: str) -> Path:
    """Write a chart's files below `into`; the chart's folder. Raises NotFetched.

    `what` names it in messages. An archive of a chart has one folder, with Chart.yaml in it.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            names = {_written(archive, member, into, what) for member in _members(archive, what)}
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        said = f"{what} is not a readable archive: {error}"
        raise NotFetched("remote-hostile", said) from None
    names.discard("")
    if len(names) != 1 or not (into / (name := names.pop()) / "Chart.yaml").is_file():
        raise NotFetched("remote-hostile", f"{what} is not the archive of one chart")
    return into / name


def _members(archive: tarfile.TarFile, what: str) -> Iterator[tarfile.TarInfo]:
    """One after the other, for an archive can be longer than its list of names could be."""
    left = MOST_BYTES
    for number, member in enumerate(iter(archive.next, None)):
        left -= max(member.size, 0)
        if left < 0 or number >= MOST_FILES:
            said = f"{what} unpacks to more than {MOST_BYTES >> 20} MiB or {MOST_FILES:,} files"
            raise NotFetched("remote-too-large", said)
        yield member


def _written(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path, what: str) -> str:
    """Write one member; the folder that it is in, "" for what is no file."""
    path = PurePosixPath(member.name)
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or ".." in parts or "\\" in member.name or "\0" in member.name:
        raise NotFetched("remote-hostile", f"{what} holds {member.name!r}, which leads out of it")
    if member.isdir() or member.type in (tarfile.XGLTYPE, tarfile.XHDTYPE):
        return ""
    if not member.isreg() or member.issparse():
        raise NotFetched("remote-hostile", f"{what} holds {member.name!r}, which is no plain file")
    content = archive.extractfile(member)
    if content is None or len(parts) < 2:
        return ""
    target = into.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.read(member.size))
    return parts[0]
