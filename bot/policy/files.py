"""The policy files of a commit: Rego by itself, YAML as its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.globs import folder_of, matches
from bot.model import TooLarge
from bot.policy.model import Document, Limits, Problem, Source
from bot.render.yaml_reader import read
from bot.repo import Repository
from checks.model import line_of

_MAX_FILES = 500
_MAX_TOTAL_BYTES = 4 * 1024 * 1024
_REGULAR = ("100644", "100755")
_YAML = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The policies of a commit, in the order of their paths, and what of them cannot be read."""

    sources: tuple[Source, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sources or self.documents or self.problems)


def is_policy(path: str, patterns: Sequence[str]) -> bool:
    """Whether a file is one of the policies. Their tests (`*_test.rego`) are not."""
    if path.endswith("_test.rego") or not path.endswith((".rego", *_YAML)):
        return False
    return bool(patterns) and matches(path, tuple(patterns))


def policy_files(repo: Repository, sha: str, patterns: Sequence[str], limits: Limits) -> Files:
    """The policy files of a commit. Raises GitError."""
    if not patterns:
        return Files()
    folders = {folder_of(pattern) for pattern in patterns}
    entries = [e for e in repo.tree(sha, folders, recursive=True) if is_policy(e.path, patterns)]
    entries.sort(key=lambda e: e.path)
    taken = [e for e in entries if e.mode in _REGULAR][:_MAX_FILES]
    contents = repo.blobs([e.blob for e in taken], limits.file_bytes, _MAX_TOTAL_BYTES)
    sources: list[Source] = []
    documents: list[Document] = []
    problems: list[Problem] = []
    for entry in entries:
        content = contents.get(entry.blob) if entry in taken else None
        said = ""
        if entry.mode not in _REGULAR:
            said = "is no regular file, so it is not followed"
        elif entry not in taken:
            said = f"is one of more than {_MAX_FILES} policy files"
        elif isinstance(content, TooLarge):
            said = f"has {content.size:,} bytes, more than policies may have"
        elif content is None:
            said = "is missing in the repository's object store"
        elif entry.path.endswith(_YAML):
            found, failed = documents_of(entry.path, content)
            documents += found
            problems += failed
        else:
            try:
                sources.append(Source(path=entry.path, text=content.decode("utf-8-sig")))
            except UnicodeDecodeError:
                said = "is not UTF-8"
        if said:
            problems.append(Problem(path=entry.path, line=0, message=said))
    return Files(sources=tuple(sources), documents=tuple(documents), problems=tuple(problems))


def documents_of(path: str, data: bytes) -> tuple[list[Document], list[Problem]]:
    """The objects of a YAML file, those of a List one by one."""
    read_documents, failures = read(path, data)
    problems = [
        Problem(path=path, line=f.location.line, message=f"{f.error}. {f.remedy}") for f in failures
    ]
    found: list[Document] = []
    for one in read_documents:
        if isinstance(one.value, dict) and "kind" in one.value and "apiVersion" in one.value:
            line = line_of(one.lines, ())
            found.append(Document(path=path, line=line, body=one.value, lines=one.lines))
    return found, problems
