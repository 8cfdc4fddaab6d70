"""Columns that become NOT NULL: filled, refused, or stopped before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database import errors
from alembic_pg.errors import UserError
from sqlalchemy.exc import DBAPIError
from tests.matrix.case import load
from tests.matrix.databases import create_built, execute, rows, with_known_columns
from tests.matrix.inside import run, there, write

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

BEFORE = 'table(Column("a", Integer), Column("m", Enum("x", "y", name="mood")))'
ROWS = "INSERT INTO t (a, m) VALUES (1, 'x'), (2, NULL), (NULL, 'y')"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("nowhere + 1", 'column "nowhere" does not exist'),
        ("now()", "column .b. is of type integer but expression is of type timestamp"),
    ],
)
def test_an_expression_is_refused(databases: ScratchServer, expression: str, why: str) -> None:
    column = f'Column("b", Integer, nullable=False, info={{"backfill": "{expression}"}})'
    url = create_built(databases, load(BEFORE))
    before = pg_dump.dump_database(url)
    models = load(f"{BEFORE.removesuffix(')')}, {column})")
    with pytest.raises(UserError, match=rf"^The backfill of t\.b cannot be done: {why}"):
        write(databases, str(url.database), before, models)


@pytest.mark.parametrize("expression", ["5 -- five", "5 --\\n + 1"])
def test_a_comment_does_not_hide_the_where(databases: ScratchServer, expression: str) -> None:
    url = create_built(databases, load(BEFORE))
    before = pg_dump.dump_database(url)
    after = BEFORE.replace(
        "Integer)", f'Integer, nullable=False, info={{"backfill": "{expression}"}})', 1
    )
    with pytest.raises(UserError, match=r"^The backfill of t\.a has a comment "):
        write(databases, str(url.database), before, load(after))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ('Column("b", Integer, nullable=False)', "t has rows without a value for b: add"),
        ('Column("b", Enum("x", name="mood"), info={"renamed_from": "m"})', 't.m: 1 row holds "y"'),
    ],
)
def test_rows_stop_it_under_the_old_name(databases: ScratchServer, columns: str, said: str) -> None:
    url = create_built(databases, load(BEFORE))
    before = pg_dump.dump_database(url)
    after = f'table(Column("a", Integer), {columns}, name="other", info={{"renamed_from": "t"}})'
    change = write(databases, str(url.database), before, load(after))
    execute(url, ROWS)
    with pytest.raises(DBAPIError) as stopped:
        run(url, change.up)
    assert errors.describe_error(stopped.value).startswith(said)
    assert rows(url, "SELECT count(*) FROM t") == [(3,)]
    execute(url, "DELETE FROM t")
    run(url, change.up)
    assert rows(url, "SELECT count(b) FROM other") == [(0,)]
    databases.drop(str(url.database))


def test_a_generated_column_is_not_written(databases: ScratchServer) -> None:
    before = 'table(Column("a", Integer), Column("b", Integer, Computed("a * 2", persisted=True)))'
    after = 'table(Column("a", Integer), Column("b", Integer, server_default="5", nullable=False))'
    assert "UPDATE" not in there(databases, before, after).up


def test_a_type_changes_with_a_cast_before_the_rows_are_filled(databases: ScratchServer) -> None:
    change = there(
        databases,
        'table(Column("a", Text))',
        'table(Column("a", Integer, nullable=False, server_default="5"))',
    )
    url = create_built(databases, load('table(Column("a", Text))'))
    execute(url, "INSERT INTO t (id, a) VALUES (1, '17'), (2, NULL)")
    run(url, change.up)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [(17,), (5,)]
    run(url, change.down)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [("17",), ("5",)]


VIEW = '\nv = PGView("public", "v", "select a from t")\n'
TRIGGER = """
f = PGFunction("public", "f()", "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
g = PGTrigger("public", "g", "BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()", "t")
"""
GENERATED = ', Column("b", Text, Computed("lower(a)"))'
STORED = ', Column("b", Text, Computed("lower(a)", persisted=True)), Index("i", "b")'
VIEW_OF_GENERATED = '\nv = PGView("public", "v", "select b from t")\n'
FILLED = "String(10), nullable=False"


@pytest.mark.parametrize(
    ("value", "others", "entities"),
    [
        ('server_default="x"', "", VIEW),
        ('default="x"', "", VIEW),
        ("info={'backfill': \"'x'\"}", "", VIEW),
        ("info={'backfill': \"'x'\"}", "", TRIGGER),
        ("info={'backfill': \"'x'\"}", ', CheckConstraint("a <> \'y\'", name="k")', ""),
        ("info={'backfill': \"'x'\"}", ', Index("i", text("lower(a)"))', ""),
        ('server_default="x"', GENERATED, ""),
        ('default="x"', GENERATED, ""),
        ("info={'backfill': \"'x'\"}", GENERATED, ""),
        ("info={'backfill': \"'x'\"}", STORED, VIEW_OF_GENERATED),
        ("info={'backfill': \"'x'\"}", STORED, TRIGGER),
    ],
)
def test_a_type_changes_under_what_uses_the_column(
    databases: ScratchServer, value: str, others: str, entities: str
) -> None:
    """The rows are filled between the drop of what uses the column, and its creation."""
    others = with_known_columns(databases, others)
    before = f'table(Column("a", Text){others}){entities}'
    change = there(databases, before, f'table(Column("a", {FILLED}, {value}){others}){entities}')
    url = create_built(databases, load(before))
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL), (2, 'b')")
    run(url, change.up)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [("x",), ("b",)]
    run(url, change.down)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [("x",), ("b",)]


def test_an_enum_goes_under_what_is_computed_of_it(databases: ScratchServer) -> None:
    """The type goes with the change, and so does its place in the expression."""
    computed = 'Computed("CASE WHEN a IS NULL THEN 1 ELSE 2 END", persisted=True)'
    before = f'table(Column("a", Enum("x", "y", name="mood")), Column("b", Integer, {computed}))'
    after = f'table(Column("a", Text, nullable=False, {{}}), Column("b", Integer, {computed}))'
    change = there(databases, before, after.format("info={'backfill': \"'z'\"}"))
    url = create_built(databases, load(before))
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL), (2, 'y')")
    run(url, change.up)
    assert rows(url, "SELECT a, b FROM t ORDER BY id") == [("z", 2), ("y", 2)]


@pytest.mark.parametrize("default", ["func.nowhere()", "text('now()')"])
def test_rows_stop_a_column_whose_default_postgresql_refuses(
    databases: ScratchServer, default: str
) -> None:
    before = 'table(Column("a", Text))'
    after = f'table(Column("a", Text), Column("b", Integer, nullable=False, default={default}))'
    change = there(databases, before, after)
    url = create_built(databases, load(before))
    run(url, change.up)
    run(url, change.down)
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL)")
    with pytest.raises(DBAPIError) as stopped:
        run(url, change.up)
    assert errors.describe_error(stopped.value).startswith("t has rows without a value for b: add")


def test_both_ends_of_a_key_change_their_type_and_the_rows_are_filled(
    databases: ScratchServer,
) -> None:
    def both(kind: str, hint: str = "") -> str:
        return (
            f'table(Column("u", {kind}, unique=True), name="p")\n'
            f'table(Column("a", {kind}, ForeignKey("p.u"){hint}))'
        )

    hint = ", nullable=False, info={'backfill': \"'1'\"}"
    change = there(databases, both("Integer"), both("Text", hint))
    url = create_built(databases, load(both("Integer")))
    execute(url, "INSERT INTO p VALUES (1, 1)")
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL)")
    run(url, change.up)
    assert rows(url, "SELECT a FROM t") == [("1",)]


@pytest.mark.parametrize("default", ["func.now()", "func.clock_timestamp()", "text('now()')"])
def test_an_expression_that_sqlalchemy_inserts_fills_the_rows(
    databases: ScratchServer, default: str
) -> None:
    before = 'table(Column("a", Text))'
    after = f'table(Column("a", Text), Column("b", DateTime, nullable=False, default={default}))'
    change = there(databases, before, after)
    url = create_built(databases, load(before))
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL)")
    run(url, change.up)
    assert rows(url, "SELECT count(b) FROM t") == [(1,)]
