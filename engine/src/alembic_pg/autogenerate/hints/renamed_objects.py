"""Rename indexes, constraints and sequences of a renamed table as the models name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import inheritance
from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.sql.quoting import QUALIFIED_NAME, name_pattern, quote_name, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

CONSTRAINT_KINDS = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "FK CONSTRAINT"})

# A serial's sequence is known by the column that owns it, an identity's by its own entry.
SEQUENCE_KINDS = frozenset({"SEQUENCE", "SEQUENCE OWNED BY"})

_ALTER_TABLE = re.compile(rf"ALTER TABLE (?:ONLY )?(?P<name>{QUALIFIED_NAME})")
_NOT_NULL = re.compile(r'CONSTRAINT (?P<name>"(?:[^"]|"")*"|\S+) NOT NULL')


def object_renames(now: Dump, after: Dump, tables: set[str]) -> list[StatementOp]:
    """Return the renames of what is the same but for its name in both databases.

    That keeps an index, a checked constraint and a sequence's value, whoever named them.
    now: the revisions' database with its tables and columns renamed already. after: the models'.
    tables: the keys of the tables that were renamed, or of which a column was.
    """
    renamed = [*_renames_of_equal_objects(now, after, tables)]
    for key in tables:
        if key in now and key in after:
            renamed += _not_null_renames(now[key], after[key])
    return _order_renames(renamed)


def index_and_constraint_renames(now: Dump, after: Dump, tables: set[str]) -> list[StatementOp]:
    """Return the renames of indexes and constraints of tables that keep their names and columns.

    now, after: as for object_renames. tables: the keys of tables that differ in something.
    """
    kinds = CONSTRAINT_KINDS | {"INDEX"}
    # What a partition or a child has from its parent gets its name from there.
    children = {key for key, parents in inheritance.table_parents(now).items() if parents}
    # What is made anew gets its indexes anew.
    made_anew = {
        key
        for key, entry in now.items()
        if entry.kind == "MATERIALIZED VIEW" and (key not in after or after[key].text != entry.text)
    }
    new = {
        _own_definition(entry): entry
        for key, entry in after.items()
        if key not in now and entry.kind in kinds
    }
    return [
        _rename_object_op(entry, _object_name(entry), _object_name(same))
        for key, entry in now.items()
        if key not in after
        and entry.kind in kinds
        and (children | made_anew).isdisjoint(entry.needs)
        if _belongs_to_tables(now, entry, tables)
        if (same := new.pop(_own_definition(entry), None)) is not None
    ]


def _own_definition(entry: Entry) -> tuple[str, ...]:
    """Return what an object is, without its name where that is declared."""
    name = quote_name(_object_name(entry))
    begin, _, rest = entry.create.partition(f" {name} ")
    return entry.kind, entry.schema, begin, rest


def _order_renames(renames: list[StatementOp]) -> list[StatementOp]:
    """Return renames so that a name is given up before another object takes it."""
    ordered: list[StatementOp] = []
    waiting = list(renames)
    while waiting:
        given_up = {_old_and_new_name(operation)[0] for operation in waiting}
        ready = [one for one in waiting if _old_and_new_name(one)[1] not in given_up]
        # Of another table, a constraint's name is another one. Where two of a schema change their
        # names with each other, neither can begin: the comparison makes them anew.
        ready = ready or [one for one in waiting if one.upgrade[0].startswith("ALTER TABLE")][:1]
        if not ready:
            break
        ordered += ready
        waiting = [one for one in waiting if one not in ready]
    return ordered


def _old_and_new_name(operation: StatementOp) -> tuple[str, str]:
    """Return the old and the new name of a rename, as its statements have them."""
    there, back = operation.upgrade[0], operation.downgrade[0]
    new, old = (statement.rpartition(" TO ")[2] for statement in (there, back))
    return old, new


def _renames_of_equal_objects(now: Dump, after: Dump, tables: set[str]) -> Iterator[StatementOp]:
    new = [
        entry
        for key, entry in after.items()
        if not _is_same_object(now.get(key), entry) and _belongs_to_tables(after, entry, tables)
    ]
    for key, entry in now.items():
        if _is_same_object(after.get(key), entry) or not _belongs_to_tables(now, entry, tables):
            continue
        same = next(
            (other for other in new if _nameless_definition(other) == _nameless_definition(entry)),
            None,
        )
        if same is not None:
            new.remove(same)
            yield _rename_object_op(entry, _object_name(entry), _object_name(same))


def _is_same_object(one: Entry | None, other: Entry) -> bool:
    """Return whether two entries of the same key are one object, maybe with another definition.

    The names of indexes and sequences are their schema's: where table y becomes z and x becomes y,
    y_id_seq was one table's, and is to be the other's.
    """
    if one is None:
        return False
    return other.kind not in SEQUENCE_KINDS | {"INDEX"} or one.create == other.create


def _belongs_to_tables(dump: Dump, entry: Entry, tables: set[str]) -> bool:
    """Return whether an object belongs to one of the tables, or refers to it."""
    if entry.kind not in CONSTRAINT_KINDS | SEQUENCE_KINDS | {"INDEX"}:
        return False
    if entry.kind == "SEQUENCE" and not entry.create.startswith("ALTER TABLE"):
        return False
    needs = {*entry.needs, *(n for need in entry.needs if need in dump for n in dump[need].needs)}
    return bool(tables & needs)


def _object_name(entry: Entry) -> str:
    """Return an object's own name; a constraint's entry has its table's before it."""
    if entry.kind not in CONSTRAINT_KINDS:
        return entry.name
    name = table_definition.constraint_name(entry.create)
    return table_definition.unquote_name(name) if name else entry.name


def _nameless_definition(entry: Entry) -> tuple[str, str, str]:
    """Return what an object is, without its name."""
    name = rf'(?<![\w"]){name_pattern(_object_name(entry))}(?![\w"])'
    return entry.kind, entry.schema, re.sub(name, "\0", entry.create)


def _rename_object_op(entry: Entry, old: str, new: str) -> StatementOp:
    if entry.kind in CONSTRAINT_KINDS:
        match = _ALTER_TABLE.match(entry.create)
        table = match["name"] if match else ""
        return _rename_constraint_op(table, old, new)
    kind = "INDEX" if entry.kind == "INDEX" else "SEQUENCE"
    return StatementOp(
        "rename",
        f"{kind.lower()} {readable_name(entry.schema, old)}",
        (f"ALTER {kind} {quote_name(entry.schema, old)} RENAME TO {quote_name(new)};",),
        (f"ALTER {kind} {quote_name(entry.schema, new)} RENAME TO {quote_name(old)};",),
    )


def _rename_constraint_op(table: str, old: str, new: str) -> StatementOp:
    head = f"ALTER TABLE {table} RENAME CONSTRAINT"
    return StatementOp(
        "rename",
        f"constraint {old} on {table.removeprefix('public.')}",
        (f"{head} {quote_name(old)} TO {quote_name(new)};",),
        (f"{head} {quote_name(new)} TO {quote_name(old)};",),
    )


def _not_null_renames(now: Entry, after: Entry) -> Iterator[StatementOp]:
    """Yield the renames of NOT NULL constraints, which have names since PostgreSQL 18."""
    one = table_definition.parse_entry(now)
    other = table_definition.parse_entry(after)
    for column in one.columns.values() if one and other else ():
        wanted = other.columns.get(column.name) if other else None
        if wanted is None or not (column.not_null and wanted.not_null):
            continue
        old, new = (_not_null_name(now.name, each) for each in (column, wanted))
        if old != new:
            yield _rename_constraint_op(quote_name(now.schema, now.name), old, new)


def _not_null_name(table: str, column: table_definition.Column) -> str:
    """Return the name of a NOT NULL; pg_dump prints it unless it is PostgreSQL's choice."""
    match = _NOT_NULL.match(column.not_null)
    if match:
        return table_definition.unquote_name(match["name"])
    return f"{table}_{table_definition.unquote_name(column.name)}_not_null"
