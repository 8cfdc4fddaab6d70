"""Hold the source of one module, and change places of it without touching the others."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from alembic_pg.revisions.source_file import read_source, span

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_WIDTH = 88


@dataclass(frozen=True)
class Edit:
    """Hold a text that comes to stand in a place of a source. start, end: offsets in it."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Source:
    """Hold the text of a file as it was read. encoding: in which it is written back."""

    file: Path
    text: str
    encoding: str

    @classmethod
    def read(cls, file: Path) -> Source:
        """Return the source of a file. Raises UserError where it is not in its own encoding."""
        return cls(file, *read_source(file))

    @cached_property
    def tree(self) -> ast.Module:
        """The module as Python parses it."""
        return ast.parse(self.text)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node begins and ends."""
        return span(self.text, node)

    def text_of(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return where the next line begins."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end + 1

    def edited(self, edits: Iterable[Edit]) -> str:
        """Return the text with edits; of those in one place, the first stands first."""
        text = self.text
        # A stable sort: of equal places the last one is put in first, so that it stands last.
        backwards = list(edits)[::-1]
        for one in sorted(backwards, key=lambda edit: -edit.start):
            text = f"{text[: one.start]}{one.text}{text[one.end :]}"
        return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in self.text else text


@dataclass
class Names:
    """Give the expressions by which a module calls what it imports, and import what it lacks.

    shadowed: names that mean something else where they are used.
    """

    source: Source
    shadowed: frozenset[str] = frozenset()
    wanted: dict[str, dict[str, str]] = field(default_factory=dict)

    def use(self, name: str, module: str = "sqlalchemy") -> str:
        """Return what calls a name of a module here."""
        for node in self.source.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
                for alias in node.names:
                    if alias.name == name and (alias.asname or name) not in self.shadowed:
                        return alias.asname or name
            if isinstance(node, ast.Import):
                for alias in node.names:
                    called = alias.asname or alias.name
                    if alias.name == module and called not in self.shadowed:
                        return f"{called}.{name}"
        called = f"sa_{name}" if name in self._bound | self.shadowed else name
        self.wanted.setdefault(module, {})[name] = called
        return called

    def edits(self) -> list[Edit]:
        """Return what adds the imports."""
        return [self._import_edit(module, names) for module, names in self.wanted.items()]

    def _import_edit(self, module: str, names: dict[str, str]) -> Edit:
        source = self.source
        added = [
            name if name == called else f"{name} as {called}" for name, called in names.items()
        ]
        body = source.tree.body
        for node in body:
            if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
                if "#" in source.text_of(node):
                    break
                there = [
                    f"{one.name} as {one.asname}" if one.asname else one.name for one in node.names
                ]
                return Edit(*source.span(node), _import_line(module, [*there, *added]))
        imports = [one for one in body if isinstance(one, (ast.Import, ast.ImportFrom))]
        last = imports[-1] if imports else None
        line = f"{_import_line(module, added)}\n"
        if last is not None:
            start = source.line_end(source.span(last)[1])
            return Edit(start, start, line)
        docstring = ast.get_docstring(source.tree) is not None
        start = source.line_end(source.span(body[0])[1]) if body and docstring else 0
        return Edit(start, start, f"\n{line}" if start else line)

    @cached_property
    def _bound(self) -> frozenset[str]:
        """Every name that the module assigns, defines or imports anywhere outside functions."""
        found: set[str] = set()
        for node in self.source.tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                found.add(node.name)
            else:
                found |= {
                    one.id
                    for one in ast.walk(node)
                    if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
                }
        return frozenset(found)


def _alias(name: str, called: str) -> str:
    return name if name == called else f"{name} as {called}"


def _import_line(module: str, names: list[str]) -> str:
    ordered = sorted(set(names), key=lambda one: (not one[0].isupper(), one))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= _WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {one},\n" for one in ordered) + ")"


def string_literal(text: str) -> str:
    """Return a text as Python's constant, in double quotes where it has none."""
    source = repr(text)
    if "\\\\" in source and '"' not in text and not text.endswith("\\") and text.isprintable():
        return f'r"{text}"'
    return f'"{source[1:-1]}"' if source.startswith("'") and '"' not in text else source
