"""Convert columns to types that have other names meanwhile."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.autogenerate.dump.table_definition import Column


def alter_column_types(head: str, columns: list[Column], names: Mapping[str, str]) -> str:
    """Return the statement that converts columns to their types by way of their text."""
    actions = []
    for column in columns:
        new, array = with_names(column.type, names), _array_suffix(column)
        value = f"{column.name}::text{array}::{new}"
        actions.append(f"ALTER COLUMN {column.name} TYPE {new} USING {value}")
    return f"{head} " + ",\n    ".join(actions) + ";"


def with_names(sql: str, names: Mapping[str, str]) -> str:
    """Return a part of a statement in which types have other names."""
    found = tokenize(sql)
    for old, new in names.items():
        wanted = [token.text for token in tokenize(old)]
        places = [
            at
            for at in range(len(found))
            if [token.text for token in found[at : at + len(wanted)]] == wanted
        ]
        for at in reversed(places):
            sql = sql[: found[at].start] + new + sql[found[at + len(wanted) - 1].end :]
        found = tokenize(sql) if places else found
    return sql


def calls_function(sql: str) -> bool:
    """Return whether an expression calls a function."""
    pairs = itertools.pairwise(tokenize(sql))
    return any(after.text == "(" and token.identifier for token, after in pairs)


def _array_suffix(column: Column) -> str:
    return "[]" if column.type.endswith("[]") else ""
