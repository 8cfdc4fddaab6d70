"""Add UNIQUE or PRIMARY KEY from a unique index that is built concurrently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.online.ensure import constraint, index, not_null
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.online.strategies.strategy import (
    ACCESS_EXCLUSIVE,
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    strategy,
)
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import MAX_NAME_BYTES, quote_literal, quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.lexer import Token
    from alembic_pg.sql.statements import AddConstraint

# The columns of a primary key that can be NULL, which it will make NOT NULL.
_NULLABLE_COLUMNS = """
coalesce((SELECT ' ' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
  WHERE attrelid = to_regclass({table}) AND attname = ANY (ARRAY[{names}]) AND NOT attnotnull), '')
"""

# How many of the columns of a new one are there, and cannot be NULL.
NOT_NULL = """
SELECT count(*) FROM pg_attribute
WHERE attrelid = :table AND attname = ANY (:columns) AND attnotnull AND NOT attisdropped
"""

_STORAGE_KEYWORDS = {"INCLUDE", "WITH", "USING", "INDEX", "TABLESPACE"}


@dataclass(frozen=True)
class ConstraintBody:
    """UNIQUE NULLS NOT DISTINCT (columns) storage deferring, as PostgreSQL writes it."""

    columns: str
    index_rest: str
    deferrability: str


def can_use_index(statement: AddConstraint) -> bool:
    """Return whether a btree index can become the constraint: one WITHOUT OVERLAPS needs GiST."""
    return "OVERLAPS" not in [token.keyword for token in tokenize(statement.body)]


def is_name_certain(runner: Runner, statement: AddConstraint, table: Relation) -> bool:
    """Return whether the name is certain that PostgreSQL gives to a constraint without one."""
    if statement.name or runner.was_interrupted(statement.sql):
        return True
    body = parse_body(statement.body)
    name = _default_name(statement, table)
    plain = body.index_rest == body.columns and len(catalog_name(name).encode()) <= MAX_NAME_BYTES
    return plain and runner.find_relation(f"{quote_name(table.schema)}.{name}") is None


@strategy(
    "unique index CONCURRENTLY, constraint from it",
    ACCESS_EXCLUSIVE,
    f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
)
def add_constraint(runner: Runner, statement: AddConstraint, table: Relation, key: str) -> None:
    """Add the constraint. Raises RefusedError where rows are not unique, or have no value."""
    body = parse_body(statement.body)
    name = statement.name or _default_name(statement, table)
    on = quote_name(table.schema, table.name)
    kind = "PRIMARY KEY" if statement.kind == "PRIMARY" else "UNIQUE"
    runner.run_pending()
    began = runner.start_detail(key, start_detail(on, name, statement))
    with runner.outside_transaction(key, began):
        if constraint.constraint_exists(runner, table, name):
            runner.run_for_its_error(statement.sql)
            return
        _build_index(runner, statement, table, name, is_ours=bool(began))
        _make_not_null(runner, table, name, parse_nullable_detail(began))
        for column in columns_of(statement) if statement.kind == "PRIMARY" else ():
            not_null.drop_script_check(runner, table, quote_name(column))
        add = (
            f"ALTER TABLE {on} ADD CONSTRAINT {name} {kind} USING INDEX {name} {body.deferrability}"
        )
        runner.run_short(add, done=key)


def start_detail(table: str, name: str, statement: AddConstraint) -> str:
    """Return, as an SQL expression, what to note of the constraint before its index is built.

    table, name: of the constraint, as a statement has them.
    """
    if statement.kind != "PRIMARY":
        return index.start_detail(table, name)
    names = ", ".join(map(quote_literal, columns_of(statement)))
    nullable = _NULLABLE_COLUMNS.format(table=quote_literal(table), names=names).strip()
    return index.start_detail(table, name, nullable)


def parse_nullable_detail(detail: str) -> list[str]:
    """Return the columns of a primary key that could be NULL before, of what its step noted."""
    builds, _, names = detail.partition(" ")
    if builds != index.NOTED_BUILD:
        return []
    return [token.text for token in tokenize(names)[::2]]


def columns_of(statement: AddConstraint) -> list[str]:
    """Return the columns of a constraint, as the catalog has them."""
    body = parse_body(statement.body)
    return [token.identifier for token in tokenize(body.columns)[1:-1:2]]


def lacks_nulls(runner: Runner, statement: AddConstraint, table: Relation) -> bool:
    """Return whether all columns of a constraint are there, and cannot be NULL."""
    columns = columns_of(statement)
    found = runner.first_value(NOT_NULL, table=table.oid, columns=columns)
    return bool(found == len(columns))


def _make_not_null(runner: Runner, table: Relation, name: str, columns: list[str]) -> None:
    """Make columns NOT NULL; where one cannot be, take back what came before it."""
    try:
        for column in columns:
            not_null.ensure_not_null(runner, table, column)
    except RefusedError:
        on = quote_name(table.schema, table.name)
        for column in columns:
            runner.run_short(f"ALTER TABLE {on} ALTER COLUMN {column} DROP NOT NULL")
        index.drop_if_exists(runner, f"{quote_name(table.schema)}.{name}")
        raise


def _build_index(
    runner: Runner, statement: AddConstraint, table: Relation, name: str, *, is_ours: bool
) -> None:
    """Build the index, unless an earlier run has; PostgreSQL refuses somebody else's.

    is_ours: whether there was none of that name when the statement began.
    """
    body = parse_body(statement.body)
    place = f"{quote_name(table.schema)}.{name}"
    if runner.find_relation(place) is not None and not (
        is_ours
        and index.is_index_of(runner, table, place)
        and (
            not index.is_valid(runner, place)
            or index.has_definition(runner, table, place, unique=True, rest=body.index_rest)
        )
    ):
        runner.run_for_its_error(statement.sql)
    index.ensure_index(runner, table, name, unique=True, rest=body.index_rest)


def _default_name(statement: AddConstraint, table: Relation) -> str:
    """Return the name that PostgreSQL gives to a constraint without one."""
    columns = columns_of(statement)
    parts = [table.name, "pkey"] if statement.kind == "PRIMARY" else [table.name, *columns, "key"]
    return quote_name("_".join(parts))


def parse_body(body: str) -> ConstraintBody:
    """Return the parts of what follows the name of a constraint."""
    found = tokenize(body)
    opened = next(i for i, token in enumerate(found) if token.text == "(")
    closed = next(i for i, token in enumerate(found) if token.text == ")" and token.depth == 1)
    nulls = "NULLS NOT DISTINCT" if _has_words(found[:opened], "NULLS", "NOT") else ""
    parts: dict[str, list[Token]] = {"storage": [], "deferring": []}
    into = "storage"
    for token in found[closed + 1 :]:
        if not token.depth and token.keyword in {"DEFERRABLE", "NOT", "INITIALLY"}:
            into = "deferring"
        parts[into].append(token)
    columns = body[found[opened].start : found[closed].end]
    # CREATE INDEX has the same parts in another order.
    storage = " ".join(
        token.keyword if token.keyword in _STORAGE_KEYWORDS else token.text
        for token in parts["storage"]
    )
    include, _, rest = storage.partition("WITH (") if "WITH (" in storage else (storage, "", "")
    tail = f"WITH ({rest}" if rest else ""
    if "USING INDEX TABLESPACE" in include:
        include, _, space = include.partition("USING INDEX TABLESPACE")
        tail = f"TABLESPACE {space}"
    tail = tail.replace("USING INDEX TABLESPACE", "TABLESPACE")
    return ConstraintBody(
        columns,
        " ".join(part for part in (columns, include.strip(), nulls, tail) if part),
        " ".join(token.text for token in parts["deferring"]),
    )


def _has_words(found: list[Token], *words: str) -> bool:
    text = [token.keyword for token in found]
    return any(text[i : i + len(words)] == list(words) for i in range(len(text)))
