"""Write docs/messages.md of the sentences in the code: what fails a command, what a run tells."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg import events
from alembic_pg.reference import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from alembic_pg.events import Event

_HEAD = """\
# Messages

Written by `python -m alembic_pg.reference docs`, of the sentences in `src/alembic_pg`.

A command that fails ends with `FAILED:` and one of these sentences, which says what to do, and an
exit code that is not 0. What a run tells while it works has the name of its [event](events.md)
here. *Words like these* stand for names and numbers. A statement that a run refuses is a list of
its own: [refusals](refusals.md). What PostgreSQL or Alembic says is passed on in its own words."""

_SOURCE = Path(__file__).parents[1]

# Packages for people who work on this engine or test with it.
_NOT_TOLD = {"reference", "testing"}

_FAILURE = "FAILED"

# Those of which a command prints the text.
_FAILURES = {"UserError", "RefusedError", "UnfinishedError", "UnsafeValueError"}

# A sentence with fewer letters of its own is made elsewhere.
_LEAST_LETTERS = 12


def page() -> str:
    """Return docs/messages.md."""
    return "\n\n".join([_HEAD, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for package in sorted(file.parent for file in _SOURCE.glob("*/__init__.py")):
        found = sorted(set(_messages_of(package)))
        if found and package.name not in _NOT_TOLD:
            yield f"## {_heading(package)}"
            yield markdown.table(("message", "told as"), found)


def _heading(package: Path) -> str:
    """Return what a package says that it does."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].removesuffix(".").replace("``", "`")


def _messages_of(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the messages of a package's files, and as what each is told."""
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        name = ".".join(file.relative_to(_SOURCE.parent).with_suffix("").parts)
        module = importlib.import_module(name)
        for scope in [tree, *(one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))]:
            texts = _Texts(module, scope)
            for node in ast.walk(scope) if scope is not tree else tree.body:
                if isinstance(node, ast.Call) and (told := _told_as(node)):
                    argument = node.args[1 if told != _FAILURE else 0]
                    for text in texts.of(argument):
                        if len(re.sub(r"\*[^*]*\*|\W", "", text)) >= _LEAST_LETTERS:
                            yield text.replace("\n", "<br>").replace("**", "* *"), told


def _told_as(call: ast.Call) -> str:
    """Return as what a call tells its message, "" where it tells none."""
    name = ast.unparse(call.func)
    if name in _FAILURES and call.args:
        return _FAILURE
    if name == "events.tell":
        event: Event = getattr(events, ast.unparse(call.args[0]).rpartition(".")[2])
        return f"`{event.name}`"
    return ""


class _Texts:
    """Read expressions of texts; names stand for what the function or the module gives to them."""

    def __init__(self, module: ModuleType, scope: ast.AST) -> None:
        self._module = module
        self._given: dict[str, list[ast.expr]] = {}
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._given.setdefault(node.targets[0].id, []).append(node.value)

    def of(self, node: ast.expr) -> list[str]:
        """Return the texts that an expression may be, without those that are made elsewhere."""
        found: list[str] = []
        match node:
            case ast.JoinedStr(parts):
                found = ["".join(map(self._part, parts))]
            case ast.BinOp(left, ast.Add(), right):
                found = [f"{one}{other}" for one in self.of(left) for other in self.of(right)]
            case ast.IfExp(_, one, other):
                found = [*self.of(one), *self.of(other)]
            case ast.Call(ast.Attribute(template, "format")):
                found = [re.sub(r"\{(\w+)\}", r"*\1*", one) for one in self.of(template)]
            case ast.Name(name) if name in self._given:
                found = [text for value in self._given.pop(name) for text in self.of(value)]
            case _ if (text := self._constant(node)) is not None:
                found = [text]
        return found

    def _constant(self, node: ast.expr) -> str | None:
        """Return a text or number that the module itself has, None where there is none."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        found: object = self._module
        for name in ast.unparse(node).split("."):
            found = getattr(found, name, None)
        return str(found) if isinstance(found, str | int) else None

    def _part(self, node: ast.expr) -> str:
        """Return a part of a text, or the word that stands for it."""
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        if (text := self._constant(inner)) is not None:
            return text
        named = [one.id for one in ast.walk(inner) if isinstance(one, ast.Name)]
        named += [one.attr for one in ast.walk(inner) if isinstance(one, ast.Attribute)]
        return f"*{(named or ['…'])[-1].strip('_').replace('_', ' ').lower()}*"
