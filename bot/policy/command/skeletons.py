"""`plumbline policy new`: a policy and its tests, to begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from bot.data import data_root
from bot.policy.command.folder import Folder, Unreadable, joined

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 60
# Words of Rego, in which the name is that of a package.
_TAKEN = frozenset(
    ("as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input")
) | {"not", "null", "package", "some", "true", "with"}
_SUFFIX = {"rego": "rego", "vap": "yaml", "gatekeeper": "yaml", "kyverno": "yaml"}


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A policy that is not begun; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The files that were written, from the root."""

    policy: str
    test: str


def begin(folder: Folder, name: str, kind: str, where: str) -> Begun:
    """Write a policy and its fixture into `where`, from the root. Raises Refused and OSError;
    nothing that is there is overwritten."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or name in _TAKEN:
        said = f"{name!r} is no name: use lower-case words with hyphens, such as require-team-label"
        raise Refused(said)
    try:
        inside = joined("", where)
    except Unreadable as error:
        raise Refused(str(error)) from error
    target = folder.root / inside
    if target.resolve() != target:
        raise Refused(f"{inside}: a link is not followed")
    prefix = f"{inside}/" if inside else ""
    policy, test = f"{prefix}{name}.{_SUFFIX[kind]}", f"{prefix}{name}.policytest.yaml"
    for path in (policy, test):
        if (folder.root / path).exists() or (folder.root / path).is_symlink():
            raise Refused(f"{path} is there already, and is not overwritten")
    target.mkdir(parents=True, exist_ok=True)
    for path, part in ((policy, "policy"), (test, "test")):
        _write(folder.root / path, _filled(kind, part, name, policy.rpartition("/")[2]))
    return Begun(policy=policy, test=test)


def _filled(kind: str, part: str, name: str, file: str) -> str:
    words = name.split("-")
    known = {
        "name": name,
        "package": name.replace("-", "_"),
        "kind": "".join(word.capitalize() for word in words),
        "lower": "".join(words),
        "title": " ".join((words[0].capitalize(), *words[1:])),
        "file": file,
    }
    source = data_root() / "templates" / "policy" / f"{kind}.{part}"
    # Rego and CEL have no dollar signs of their own here, so that nothing needs escaping.
    return Template(source.read_text(encoding="utf-8")).substitute(known)


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
