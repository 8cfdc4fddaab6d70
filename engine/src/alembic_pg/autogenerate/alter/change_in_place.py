"""Change objects in their place, so that what depends on them and is granted on them stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import (
    alter_constraint,
    alter_index,
    alter_options,
    alter_sequence,
    alter_table,
    alter_type,
    alter_view,
)
from alembic_pg.autogenerate.dump import kinds, table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql import inverse, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.alter.database_facts import DatabaseFacts
    from alembic_pg.autogenerate.dump.entry import ColumnPath, Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures

# What keeps its rows or its value, and how it is altered.
_ALTER_BY_KIND = {
    "CHECK CONSTRAINT": alter_constraint.alter_statements,
    "CONSTRAINT": alter_index.alter_statements,
    "DOMAIN": alter_type.alter_statements,
    "FK CONSTRAINT": alter_constraint.alter_statements,
    "FOREIGN DATA WRAPPER": alter_options.alter_statements,
    "FOREIGN TABLE": alter_options.alter_statements,
    "INDEX": alter_index.alter_statements,
    "MATERIALIZED VIEW": alter_view.alter_statements,
    "SEQUENCE": alter_sequence.alter_statements,
    "SERVER": alter_options.alter_statements,
    "TABLE": alter_table.alter_statements,
    "TYPE": alter_type.alter_statements,
    "USER MAPPING": alter_options.alter_statements,
}

# What has a CREATE OR REPLACE, which PostgreSQL refuses where too much differs: a view without one
# of its columns, say. A constraint trigger and a partition's trigger are created by other words.
REPLACEABLE_KINDS = frozenset({"AGGREGATE", "FUNCTION", "PROCEDURE", "RULE", "TRIGGER", "VIEW"})


def is_replaceable(label: str) -> bool:
    """Return whether an object, by its label, is of a kind that has a CREATE OR REPLACE."""
    return any(label.startswith(f"{kind.lower()} ") for kind in REPLACEABLE_KINDS)


def can_change_in_place(before: Dump, after: Dump, key: str, facts: DatabaseFacts) -> bool:
    """Return whether an object can be changed without being dropped, or that is to be tried."""
    if key not in before or key not in after:
        return False
    old, new = before[key], after[key]
    if old.kind in kinds.ATTACHED:
        return True
    if old.kind == "DOMAIN" and old.label in facts.irreplaceable:
        return False
    if old.kind in _ALTER_BY_KIND:
        alter = _ALTER_BY_KIND[old.kind]
        there = alter(old, new, {**before, **after}, facts.features)
        back = alter(new, old, {**after, **before}, facts.features)
        return there is not None and back is not None
    return (
        old.kind in REPLACEABLE_KINDS
        and old.label not in facts.irreplaceable
        and all(entry.create.startswith(f"CREATE {entry.kind} ") for entry in (old, new))
    )


def change_operation(before: Dump, after: Dump, key: str, features: ServerFeatures) -> StatementOp:
    """Return the operation that changes an object in its place."""
    old, new = before[key], after[key]
    columns: frozenset[ColumnPath] = frozenset()
    if old.kind in kinds.ATTACHED:
        old_texts = split.script_statements(old.create)
        new_texts = split.script_statements(new.create)
        forward = list(_change_statements(old_texts, new_texts))
        back = list(_change_statements(new_texts, old_texts))
    elif old.kind in _ALTER_BY_KIND:
        alter = _ALTER_BY_KIND[old.kind]
        forward = alter(old, new, {**before, **after}, features) or []
        back = alter(new, old, {**after, **before}, features) or []
        columns = _restricted_columns(old, new) if old.kind == "TABLE" else columns
    else:
        forward, back = _replace_statements(old, new), _replace_statements(new, old)
    return StatementOp("change", new.label, tuple(forward), tuple(back), columns=columns)


def _restricted_columns(old: Entry, new: Entry) -> frozenset[ColumnPath]:
    """Return the columns that stay and change their type, collation or NOT NULL."""
    old_columns = table_definition.entry_columns(old)
    return frozenset(
        (old.schema, old.name, table_definition.unquote_name(name))
        for name, column in table_definition.entry_columns(new).items()
        if (known := old_columns.get(name))
        if (column.type, column.collation, column.not_null)
        != (known.type, known.collation, known.not_null)
    )


def _change_statements(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield what turns one set of statements into another."""
    if not new or not new[0].startswith("COMMENT"):  # a comment simply replaces the other
        for statement in old:
            back = inverse.inverse_statement(statement) if statement not in new else None
            if back:
                yield back
    yield from (statement for statement in new if statement not in old)


def _replace_statements(old: Entry, new: Entry) -> list[str]:
    """Return what replaces an object, and changes whether it fires and the like."""
    renames, old_create = alter_view.column_renames(old, new)
    old_first, *old_rest = split.script_statements(old_create)
    first, *rest = split.script_statements(new.create)
    changes = [*renames, *_change_statements(old_rest, rest)] if first == old_first else []
    return changes or [*renames, first.replace("CREATE ", "CREATE OR REPLACE ", 1), *rest]
