"""The values that files give to the variables of a root module."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from bot.render.terraform.evaluate import Scope, evaluate
from bot.render.terraform.files import ModuleFiles
from bot.render.terraform.json_text import loads
from bot.render.terraform.parser import parse
from bot.render.terraform.syntax import HclError
from bot.render.terraform.trouble import trouble
from bot.render.terraform.values import Budget, EvalError, TooMuch, Value
from checks.model import RenderFailure


def variable_files(root: str, files: Mapping[str, str]) -> list[str]:
    """The files that Terraform reads by itself, the later winning."""
    names = [name for name in files if posixpath.dirname(name) == root]
    base = {posixpath.basename(name): name for name in names}
    fixed = [base[name] for name in ("terraform.tfvars", "terraform.tfvars.json") if name in base]
    auto = [name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    return fixed + sorted(auto)


def given_variables(
    root: str, files: Mapping[str, str], budget: Budget
) -> tuple[dict[str, Value], list[RenderFailure]]:
    """What terraform.tfvars and *.auto.tfvars give, and those that cannot be read."""
    found: dict[str, Value] = {}
    failures: list[RenderFailure] = []
    scope = Scope(names=_nothing, files=ModuleFiles(files={}, root=root), budget=budget)
    for name in variable_files(root, files):
        try:
            found |= _json(files[name]) if name.endswith(".json") else _hcl(files[name], scope)
        except HclError as error:
            failures.append(trouble("terraform-variables", name, error.line, error.message))
        except (EvalError, TooMuch) as error:
            failures.append(trouble("terraform-variables", name, 0, str(error)))
    return found, failures


def _nothing(name: str) -> Value:
    raise EvalError(f"a file of variables cannot refer to {name}")


def _hcl(text: str, scope: Scope) -> dict[str, Value]:
    return {
        name: evaluate(attribute.expr, scope) for name, attribute in parse(text).attributes.items()
    }


def _json(text: str) -> dict[str, Value]:
    try:
        value = loads(text)
    except ValueError as error:
        raise HclError(getattr(error, "lineno", 1), "this is not JSON") from error
    except RecursionError as error:
        raise HclError(1, "it is nested too deeply") from error
    if not isinstance(value, dict):
        raise HclError(1, "expected a JSON object of variables")
    return value
