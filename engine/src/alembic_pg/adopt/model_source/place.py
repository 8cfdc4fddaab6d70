"""Find where the source of the models declares a table and its parts."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from alembic_pg.adopt.model_source.source import Names, Source
from alembic_pg.autogenerate.sides.declared_at import holders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Column, Table

ARGUMENTS = "__table_args__"


@dataclass(frozen=True)
class Place:
    """Hold where a table is declared.

    node: its mapped class, or the call of Table. mapped: the class itself, None without one.
    """

    table: Table
    source: Source
    names: Names
    node: ast.ClassDef | ast.Call
    mapped: Any = None

    @property
    def indent(self) -> str:
        """What the lines of the class or of the call begin with."""
        return " " * (self.node.col_offset + 4)

    def attribute(self, column: Column[Any]) -> ast.AnnAssign | ast.Assign | None:
        """Return the statement of the class that declares a column, None where none does."""
        if not isinstance(self.node, ast.ClassDef):
            return None
        try:
            key = inspect(self.mapped).get_property_by_column(column).key
        except Exception:  # noqa: BLE001  # a column that no attribute has
            return None
        return next((one for one in self.statements() if _target(one) == key), None)

    def column_call(self, column: Column[Any]) -> ast.Call | None:
        """Return the call that makes a column: mapped_column() or Column()."""
        if isinstance(self.node, ast.Call):
            calls = (one for one in self.node.args if isinstance(one, ast.Call))
            return next((one for one in calls if _first_text(one) == column.name), None)
        statement = self.attribute(column)
        value = statement.value if statement else None
        return value if isinstance(value, ast.Call) else None

    def statements(self) -> Iterator[ast.AnnAssign | ast.Assign]:
        """Yield the assignments of the class."""
        if isinstance(self.node, ast.ClassDef):
            for one in self.node.body:
                if isinstance(one, (ast.AnnAssign, ast.Assign)) and _target(one):
                    yield one

    def arguments(self) -> ast.expr | None:
        """Return what the class has as its __table_args__, None without any."""
        return next((one.value for one in self.statements() if _target(one) == ARGUMENTS), None)

    def argument_list(self) -> list[ast.expr]:
        """Return the constraints and indexes among the arguments of the table."""
        if isinstance(self.node, ast.Call):
            return list(self.node.args[2:])
        found = self.arguments()
        return list(found.elts) if isinstance(found, ast.Tuple) else []


def find_place(table: Table, root: Path, sources: Mapping[Path, Source]) -> Place | None:
    """Return where a table is declared, None where that is not to be seen, or no file of a project.

    root: the folder of the project. sources: of files, in place of what they have.
    """
    for module, kept in holders(table):
        file = getattr(sys.modules.get(module), "__file__", None)
        if not file or not _is_own(Path(file), root):
            continue
        source = sources.get(Path(file)) or Source.read(Path(file))
        if isinstance(kept, type):
            classes = [
                one
                for one in ast.walk(source.tree)
                if isinstance(one, ast.ClassDef) and one.name == kept.__name__
            ]
            if len(classes) == 1:
                names = Names(source, frozenset(map(_target, _assignments(classes[0]))))
                return Place(table, source, names, classes[0], kept)
            continue
        calls = [
            one
            for one in ast.walk(source.tree)
            if isinstance(one, ast.Call) and _is_table_call(one) and _first_text(one) == table.name
        ]
        if len(calls) == 1:
            return Place(table, source, Names(source), calls[0])
    return None


def _is_own(file: Path, root: Path) -> bool:
    resolved = file.resolve()
    return resolved.is_relative_to(root.resolve()) and "site-packages" not in resolved.parts


def _assignments(node: ast.ClassDef) -> Iterator[ast.AnnAssign | ast.Assign]:
    yield from (one for one in node.body if isinstance(one, (ast.AnnAssign, ast.Assign)))


def _target(statement: ast.AnnAssign | ast.Assign) -> str:
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else statement.targets
    first = targets[0]
    return first.id if len(targets) == 1 and isinstance(first, ast.Name) else ""


def _is_table_call(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "Table"


def _first_text(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
