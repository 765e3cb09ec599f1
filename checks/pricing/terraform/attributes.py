"""Reading the attributes of a Terraform resource: what is missing or known only later is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from checks.model import Resource

# No count, size or rate of a real resource is larger; larger ones would lose cents.
_ABSURD = Decimal(10**12)


class CannotTellError(Exception):
    """The cost cannot be told; the text names what is missing and, where there is one, the
    remedy. Caught in one place, which makes an Unknown of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The attributes of a resource, or of one of its blocks; `path` is where the block stands.

    `unknown` are the paths ("root_block_device.0.volume_size") known only after apply. Reading one
    raises CannotTellError, unless the reader says that the provider computes it where the files
    leave it out (`computed`): a plan lists those as unknown, too, and their default is known.
    """

    values: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    path: str = ""

    @classmethod
    def of(cls, resource: Resource) -> Attributes:
        """The attributes of a resource of api_version terraform/v1."""
        spec, unknown = resource.body.get("spec"), resource.body.get("unknown")
        return cls(
            values=spec if isinstance(spec, dict) else {},
            unknown=frozenset(
                path.replace("[", ".").replace("]", "")
                for path in (unknown if isinstance(unknown, list) else ())
                if isinstance(path, str)
            ),
        )

    def has(self, name: str) -> bool:
        """Whether the attribute is set, be it to something known only after apply."""
        return _said(self.values.get(name)) or self._is_unknown(name)

    def text(self, name: str, default: str | None = None, *, computed: bool = False) -> str:
        """A string; `default` where the files leave it out."""
        value = self._get(name, default, computed)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise CannotTellError(f"its {self._at(name)} is not a text")
        return str(value)

    def flag(self, name: str, default: bool = False, *, computed: bool = True) -> bool:
        """A boolean; Terraform writes it as a string, too."""
        value = self._get(name, default, computed)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise CannotTellError(f"its {self._at(name)} is neither true nor false")
        return value

    def amount(
        self, name: str, default: Decimal | int | None = None, *, computed: bool = False
    ) -> Decimal:
        """A number, not below 0."""
        value = self._get(name, default, computed)
        return amount_of(value, f"its {self._at(name)}")

    def whole(self, name: str, default: int | None = None, *, computed: bool = False) -> int:
        """A whole number, not below 0."""
        amount = self.amount(name, default, computed=computed)
        if amount != int(amount):
            raise CannotTellError(f"its {self._at(name)} is not a whole number")
        return int(amount)

    def texts(self, name: str, *, computed: bool = False) -> tuple[str, ...]:
        """A list of strings, empty where the files leave it out."""
        value = self._get(name, [], computed)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise CannotTellError(f"its {self._at(name)} is not a list of texts")
        for number, one in enumerate(value):
            if not _said(one):
                raise CannotTellError(f"its {self._at(name)}.{number} is known only after apply")
        return tuple(value)

    def blocks(self, name: str, *, computed: bool = True) -> tuple[Attributes, ...]:
        """The blocks of a name, in order; a single one may stand without its list."""
        value = self._get(name, [], computed)
        found = [value] if isinstance(value, dict) else value
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise CannotTellError(f"its {self._at(name)} is not a block")
        return tuple(
            Attributes(values=one, unknown=self.unknown, path=f"{self._at(name)}.{number}")
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
        if not computed and (self._is_unknown(name) or value is not None and not _said(value)):
            raise CannotTellError(f"its {self._at(name)} is known only after apply")
        if default is None:
            raise CannotTellError(f"it has no {self._at(name)}")
        return default

    def _is_unknown(self, name: str) -> bool:
        return self._at(name) in self.unknown

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


def _said(value: object) -> bool:
    """Whether it is a value: an expression that nobody evaluated is none."""
    return value is not None and not (isinstance(value, str) and "${" in value)
