"""A project whose models are a case's, and the alembic command in it."""

from __future__ import annotations

import ast
import re
import runpy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.revisions.statements import function_statements
from tests.matrix.case import PRELUDE
from tests.matrix.databases import differing
from tests.sql.agreement import disagreements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

BASE = """

class Base:
    metadata = m
"""

# What history may depend on.
LIBRARIES = {"__future__", "alembic", "sqlalchemy", "typing", "collections"}


@dataclass(frozen=True)
class Project:
    """A tree for one case after another, on a database.

    files: how many revisions each change wrote. written: those of the last change, in their order.
    """

    tree: Tree
    database: URL
    files: list[int] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)

    def begin(self) -> None:
        """Forget the models and the revisions of the case before."""
        for folder in (self.tree.versions, self.tree.root / "models"):
            for file in folder.glob("*.py"):
                file.unlink()

    def revise(self, source: str, message: str) -> str:
        """Let the models be these; return the revision that autogenerate writes, or "" if none."""
        (self.tree.root / "models" / "__init__.py").write_text(PRELUDE + source + BASE)
        known = set(self.tree.versions.glob("*.py"))
        self.succeed("revision", "--autogenerate", "-m", message)
        written: list[Path] = [*{*self.tree.versions.glob("*.py")} - known]
        text = "".join(file.read_text() for file in written)
        for file in written:
            assert imported(file.read_text()) <= LIBRARIES
            assert not [*_disagreements(file)]
        self.files.append(len(written))
        self.written[:] = _in_order(written)
        return text

    def back(self, *, to: Dump) -> None:
        """Take back what the last change wrote, one file or two."""
        self.go("downgrade", f"-{self.files[-1]}", to=to)

    def statements(self, direction: str) -> list[list[str]]:
        """Return the statements of each revision of the last change, in their order.

        direction: "upgrade" or "downgrade".
        """
        files = self.written if direction == "upgrade" else self.written[::-1]
        return [
            [one.sql for one in function_statements(runpy.run_path(str(file))[direction])]
            for file in files
        ]

    def succeed(self, *arguments: str) -> str:
        """Run a command that succeeds; return what it prints."""
        done = self.tree.on(self.database).alembic(*arguments)
        assert done.code == 0, f"{' '.join(arguments)}\n{done.out}{done.err}"
        return done.out

    def go(self, *arguments: str, to: Dump) -> None:
        """Run a command that leads to a schema."""
        self.succeed(*arguments)
        found = list(differing(pg_dump.dump_database(self.database), to))
        assert not found, f"{' '.join(arguments)}\n" + "\n".join(found)


def _in_order(files: list[Path]) -> list[Path]:
    """Return revision files, each after the one it comes after."""
    names = {file: runpy.run_path(str(file)) for file in files}
    known = {names[file]["revision"] for file in files}
    ordered: list[Path] = []
    while len(ordered) < len(files):
        done = {names[file]["revision"] for file in ordered}
        ordered += [
            file
            for file in files
            if file not in ordered and not {names[file]["down_revision"]} & (known - done)
        ]
    return ordered


def _disagreements(revision: Path) -> Iterator[str]:
    """Yield what PostgreSQL's grammar says otherwise of a revision's statements."""
    names = runpy.run_path(str(revision))
    for function in (names["upgrade"], names["downgrade"]):
        for statement in function_statements(function):
            yield from disagreements(statement.sql)


def imported(text: str) -> set[str]:
    """Return the packages that a revision imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {re.split(r"\.", name)[0] for name in names}
