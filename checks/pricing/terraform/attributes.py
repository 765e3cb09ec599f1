"""Reading the attributes of a Terraform resource: what is missing or known only later is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from checks.model import Resource
from checks.pricing.cost import Flaw

# No count, size or rate of a real resource is larger; larger ones would lose cents.
_ABSURD = Decimal(10**12)
# What stands for a secret.
_MASK = "(sensitive)"


class CannotTellError(Exception):
    """The cost cannot be told; the text names what is missing and, where there is one, the
    remedy. Caught in one place, which makes an Unknown of it.

    `flaw` is the value that is to blame, where one is of no use (and not merely not known).
    """

    def __init__(self, reason: str, flaw: Flaw | None = None) -> None:
        super().__init__(reason)
        self.flaw = flaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The attributes of a resource, or of one of its blocks; `path` is where the block stands.

    `unknown` are the paths ("root_block_device.0.volume_size") that nobody knows before apply.
    Reading one raises CannotTellError, unless the reader says that the provider computes it where
    the files leave it out (`computed`), and the files do leave it out: a plan lists those, too
    (`planned`; `referred` are paths that refer to other resources), and their default is known.
    """

    values: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    path: str = ""
    planned: bool = False
    referred: frozenset[str] = frozenset()
    owner: Resource | None = None

    @classmethod
    def of(cls, resource: Resource) -> Attributes:
        """The attributes of a resource of api_version terraform/v1."""
        spec, listed = resource.body.get("spec"), resource.body.get("unknown")
        unknown = frozenset(map(_dotted, listed if isinstance(listed, list) else ()))
        references = resource.body.get("references")
        return cls(
            values=spec if isinstance(spec, dict) else {},
            unknown=unknown,
            # What is to be made has no id yet; files alone never say so.
            planned="id" in unknown,
            referred=frozenset(references if isinstance(references, dict) else ()),
            owner=resource,
        )

    def has(self, name: str) -> bool:
        """Whether the attribute is set, be it to something known only after apply."""
        return _said(self.values.get(name)) or self._is_unknown(name)

    def hint(self, name: str) -> str:
        """The text of an attribute that helps to find something, "" where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) and _said(value) else ""

    def text(self, name: str, default: str | None = None, *, computed: bool = False) -> str:
        """A string; `default` where the files leave it out."""
        value = self._get(name, default, computed)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self._flawed(name, "is not a text")
        return str(value)

    def flag(self, name: str, default: bool = False, *, computed: bool = True) -> bool:
        """A boolean; Terraform writes it as a string, too."""
        value = self._get(name, default, computed)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self._flawed(name, "is neither true nor false")
        return value

    def amount(
        self, name: str, default: Decimal | int | None = None, *, computed: bool = False
    ) -> Decimal:
        """A number, not below 0."""
        value = self._get(name, default, computed)
        try:
            return amount_of(value, f"its {self._at(name)}")
        except CannotTellError as error:
            raise self._flawed(name, str(error).partition(f"{self._at(name)} ")[2]) from None

    def whole(self, name: str, default: int | None = None, *, computed: bool = False) -> int:
        """A whole number, not below 0."""
        amount = self.amount(name, default, computed=computed)
        if amount != int(amount):
            raise self._flawed(name, "is not a whole number")
        return int(amount)

    def texts(self, name: str, *, computed: bool = False) -> tuple[str, ...]:
        """A list of strings, empty where the files leave it out."""
        value = self._get(name, [], computed)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._flawed(name, "is not a list of texts")
        for number, one in enumerate(value):
            if not _said(one):
                raise CannotTellError(f"its {self._at(name)}.{number} is not known before apply")
        return tuple(value)

    def blocks(self, name: str, *, computed: bool = True) -> tuple[Attributes, ...]:
        """The blocks of a name, in order; a single one may stand without its list."""
        value = self._get(name, [], computed)
        found = [value] if isinstance(value, dict) else value
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self._flawed(name, "is not a block")
        return tuple(
            replace(self, values=one, path=f"{self._at(name)}.{number}")
            for number, one in enumerate(found)
        )

    def block(self, name: str, *, computed: bool = True) -> Attributes:
        """The first block of a name; an empty one where there is none."""
        found = self.blocks(name, computed=computed)
        return found[0] if found else Attributes(values={}, path=self._at(name))

    def _get(self, name: str, default: Any, computed: bool) -> Any:
        value = self.values.get(name)
        if _said(value) and not (isinstance(value, list | dict) and not value):
            return value
        if self._is_unknown(name, value) and not (computed and self._left_out(name)):
            raise CannotTellError(f"its {self._at(name)} is not known before apply")
        if default is None:
            raise CannotTellError(f"it has no {self._at(name)}")
        return default

    def _is_unknown(self, name: str, value: object = None) -> bool:
        return self._at(name) in self.unknown or (value is not None and not _said(value))

    def _left_out(self, name: str) -> bool:
        """Whether the files say nothing of it, so that the provider sets it."""
        return self.planned and self._at(name) not in self.referred

    def _flawed(self, name: str, problem: str) -> CannotTellError:
        steps = (int(step) if step.isdecimal() else step for step in self._at(name).split("."))
        flaw = Flaw(pointer=("spec", *steps), problem=problem, resource=self.owner)
        return CannotTellError(f"its {self._at(name)} {problem}", flaw)

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def amount_of(value: object, what: str) -> Decimal:
    """`value` as a number that is not below 0; CannotTellError names `what` where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise CannotTellError(f"{what} is not a number")
    try:
        amount = Decimal(value if isinstance(value, int) else str(value)[:40])
    except InvalidOperation:
        raise CannotTellError(f"{what} is not a number") from None
    if not amount.is_finite() or amount > _ABSURD:
        raise CannotTellError(f"{what} is too large a number to be meant")
    if amount < 0:
        raise CannotTellError(f"{what} is below 0")
    return amount


def _dotted(path: object) -> str:
    """A path as text, from its steps or from one with brackets ("a[0].b" is "a.0.b")."""
    steps = path if isinstance(path, list) else [path]
    return ".".join(str(step)[:80] for step in steps).replace("[", ".").replace("]", "")


def _said(value: object) -> bool:
    """Whether it is a value: an expression that nobody evaluated, or a secret, is none."""
    return value is not None and not (isinstance(value, str) and ("${" in value or value == _MASK))
