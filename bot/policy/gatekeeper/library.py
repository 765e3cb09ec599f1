"""Templates and constraints put together: which constraint is of which template, and what of the
documents cannot work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.policy.gatekeeper.constraint import ADMISSION, GROUP, Constraint, constraint_of
from bot.policy.gatekeeper.match import fits
from bot.policy.gatekeeper.openapi import Fit
from bot.policy.gatekeeper.template import Template, problem, template_of
from bot.policy.model import Document, Problem

TEMPLATES = "templates.gatekeeper.sh/ConstraintTemplate"
CONFIG = "config.gatekeeper.sh/Config"
_OTHERS = ("mutations.gatekeeper.sh", "expansion.gatekeeper.sh")
_PROCESSES = ("*", "webhook")


def takes(document: Document) -> bool:
    """Whether a document is one of Gatekeeper's that bear on what is admitted."""
    group = document.kind.partition("/")[0]
    return document.kind in (TEMPLATES, CONFIG) or group in (GROUP, *_OTHERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What the documents define. `exempt` are patterns of namespaces that Gatekeeper's Config
    leaves alone."""

    templates: tuple[Template, ...]
    constraints: tuple[Constraint, ...]
    exempt: tuple[str, ...]
    problems: tuple[Problem, ...]
    # Paths of templates that have a constraint which cannot work.
    wanted: tuple[str, ...] = ()

    def is_exempt(self, namespace: str) -> bool:
        """Whether what stands in a namespace is never judged."""
        return bool(namespace) and any(fits(pattern, namespace) for pattern in self.exempt)

    def idle(self, documents: Sequence[Document]) -> tuple[str, ...]:
        """Paths of files that judge nothing: templates that no constraint uses, constraints that
        are not enforced where a change enters."""
        used = {one.document.path for one in self.constraints if one.effect is not None}
        used |= {c.template.document.path for c in self.constraints if c.effect is not None}
        used |= {one.path for one in self.problems} | set(self.wanted)
        paths = dict.fromkeys(one.path for one in documents if one.kind != CONFIG)
        return tuple(path for path in paths if path not in used)


def library(documents: Sequence[Document], fit: Fit, point: str = ADMISSION) -> Library:
    """What the documents define at an enforcement point, and what of them cannot work. Raises
    EngineError."""
    problems: list[Problem] = []
    templates = _templates(documents, problems)
    constraints: dict[tuple[str, str], Constraint] = {}
    wanted: list[str] = []
    for document in documents:
        group, _, kind = document.kind.partition("/")
        if group in _OTHERS:
            said = f"{kind} changes what is judged, which is not supported here"
            problems.append(problem(document, said, "kind"))
        elif group == GROUP:
            found = _constraint(document, kind, templates, fit, point)
            if isinstance(found, list):
                problems += found
                wanted += [_document(templates[kind]).path] if kind in templates else []
            elif (kind, found.name) in constraints:
                other = constraints[kind, found.name].document
                said = f"{kind} {found.name} is defined at {other.path}:{other.line}, too"
                problems.append(problem(document, said, "metadata", "name"))
            else:
                constraints[kind, found.name] = found
    return Library(
        templates=tuple(one for one in templates.values() if isinstance(one, Template)),
        constraints=tuple(constraints.values()),
        exempt=tuple(_exempt(documents)),
        problems=tuple(problems),
        wanted=tuple(wanted),
    )


def _templates(
    documents: Sequence[Document], problems: list[Problem]
) -> Mapping[str, Template | Document]:
    """The templates by their kind; the document alone where it cannot work."""
    by_kind: dict[str, list[Template | Document]] = defaultdict(list)
    for document in documents:
        if document.kind != TEMPLATES:
            continue
        found = template_of(document)
        if isinstance(found, Template):
            by_kind[found.kind].append(found)
        else:
            problems += found
            by_kind[_kind(document)].append(document)
    for kind, same in by_kind.items():
        first = _document(same[0])
        for other in map(_document, same[1:]):
            said = f"the kind {kind} is defined at {first.path}:{first.line}, too"
            problems.append(problem(other, said, "metadata", "name"))
    # Which of several holds in the cluster depends on what was applied last.
    return {
        kind: same[0] if len(same) == 1 else _document(same[0]) for kind, same in by_kind.items()
    }


def _document(one: Template | Document) -> Document:
    return one.document if isinstance(one, Template) else one


def _kind(document: Document) -> str:
    node: object = document.body
    for step in ("spec", "crd", "spec", "names", "kind"):
        node = node.get(step) if isinstance(node, Mapping) else None
    return str(node or "")


def _constraint(
    document: Document,
    kind: str,
    templates: Mapping[str, Template | Document],
    fit: Fit,
    point: str,
) -> Constraint | list[Problem]:
    template = templates.get(kind)
    if template is None:
        said = f"there is no ConstraintTemplate of the kind {kind}"
        return [problem(document, said, "kind")]
    if isinstance(template, Document):
        said = f"the template of {kind} at {template.path}:{template.line} cannot be used"
        return [problem(document, said, "kind")]
    return constraint_of(document, template, fit, point)


def _exempt(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        if document.kind != CONFIG:
            continue
        spec = document.body.get("spec")
        rules = spec.get("match") if isinstance(spec, dict) else None
        for rule in rules if isinstance(rules, list) else ():
            if isinstance(rule, dict) and set(_texts(rule.get("processes"))) & set(_PROCESSES):
                yield from _texts(rule.get("excludedNamespaces"))


def _texts(node: object) -> Iterator[str]:
    for one in node if isinstance(node, list) else ():
        if isinstance(one, str):
            yield one
