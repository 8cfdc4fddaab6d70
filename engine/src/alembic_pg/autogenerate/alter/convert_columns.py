"""Convert the columns of a table, and of those that inherit from it, to new types by their text.

Each is converted in a statement of its own, beside the traffic of a large table. Its default goes
before and comes back after, with those of the tables that inherit the column.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import detach_columns
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.sql.column_types import with_renamed_types
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from alembic_pg.autogenerate.dump.entry import Entry
    from alembic_pg.autogenerate.dump.table_definition import Column
    from alembic_pg.sql.cursor import QualifiedName

    # The names of new types meanwhile, by the types.
    Names = Mapping[QualifiedName, str]


@dataclass(frozen=True)
class LostDefaults:
    """Tell which defaults are not set again after their columns are converted.

    dropped: the objects that are dropped before. values: those that an enum loses.
    """

    dropped: Sequence[Entry]
    values: Sequence[str]

    def contains(self, default: str) -> bool:
        """Return whether a default uses a value or an object that is dropped."""
        return detach_columns.mentions_entries(default, self.dropped) or any(
            value.replace("'", "''") in default for value in self.values
        )


@dataclass(frozen=True)
class ConvertedColumns:
    """The columns to convert of a table and of those that inherit from it.

    tables: these, parents first. names: of the columns, by the keys of their tables. parents: the
    keys of the tables that a table inherits from. own_defaults: what some of them have in place of
    the default that they inherit.
    """

    tables: Sequence[Entry]
    names: Mapping[str, Collection[str]]
    parents: Mapping[str, Sequence[str]]
    own_defaults: Sequence[Entry] = ()

    def has_other_default(self, column: Column) -> bool:
        """Return whether a table that inherits a column has another default for it, or none."""
        head, tail = f" ALTER COLUMN {column.name} SET DEFAULT ", f" DEFAULT {column.default};"
        return any(
            head in entry.create and not entry.create.endswith(tail) for entry in self.own_defaults
        )

    def __iter__(self) -> Iterator[tuple[str, tuple[str, str], Column]]:
        """Yield the name of a table, where a column of it comes from, and the column.

        Where it comes from: the key of the table that has it first, and its name.
        """
        origins: dict[tuple[str, str], str] = {}
        for entry in self.tables:
            table = table_definition.parse_entry(entry)
            if table is None:
                continue
            for column in table.columns.values():
                if column.name not in self.names[entry.key]:
                    continue
                inherited = [(parent, column.name) for parent in self.parents[entry.key]]
                origin = next((origins[one] for one in inherited if one in origins), entry.key)
                origins[entry.key, column.name] = origin
                yield table.name, (origin, column.name), column


@dataclass(frozen=True)
class Conversion:
    """Statements: late sets the defaults that need the final names of the types."""

    alters: tuple[str, ...]
    late: tuple[str, ...]


def conversion(columns: ConvertedColumns, lost: LostDefaults, names: Names) -> Conversion:
    """Return the statements that convert columns to the new types."""
    drops: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    alters: dict[tuple[str, str], list[str]] = {}
    defaults: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    late: list[str] = []
    for table, origin, column in columns:
        alter = f"ALTER TABLE {table} ALTER COLUMN {column.name}"
        alters.setdefault(origin, [] if column.generated else [_conversion(alter, column, names)])
        if not column.default:
            continue
        drops[origin].append(f"{alter} DROP DEFAULT;")
        if not lost.contains(column.default):
            default = with_renamed_types(column.default, names)
            waits = default != column.default and _calls_function(default)
            place, said = (late, column.default) if waits else (defaults[origin], default)
            only = "ONLY " if columns.has_other_default(column) else ""
            place.append(f"{alter.replace('TABLE ', f'TABLE {only}', 1)} SET DEFAULT {said};")
    changes = [
        sql for origin, own in alters.items() for sql in (*drops[origin], *own, *defaults[origin])
    ]
    return Conversion(tuple(changes), tuple(late))


def _conversion(alter: str, column: Column, names: Names) -> str:
    """Return the statement that converts a column. alter: what it begins with."""
    new, array = with_renamed_types(column.type, names), "[]" if column.type.endswith("[]") else ""
    return f"{alter} TYPE {new} USING {column.name}::text{array}::{new};"


def _calls_function(sql: str) -> bool:
    pairs = itertools.pairwise(tokenize(sql))
    return any(after.text == "(" and token.identifier for token, after in pairs)
