"""Columns that become NOT NULL: filled, refused, or stopped before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides import desired
from alembic_pg.database import errors
from alembic_pg.errors import UserError
from sqlalchemy.exc import DBAPIError
from tests.matrix.case import load
from tests.matrix.databases import execute, rows
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
    template = databases.create()
    desired.build_models(load(BEFORE), databases.database_url(template), source="the tests")
    before = pg_dump.dump_database(databases.database_url(template))
    models = load(f"{BEFORE.removesuffix(')')}, {column})")
    with pytest.raises(UserError, match=rf"^The backfill of t\.b cannot be done: {why}"):
        write(databases, template, before, models)


@pytest.mark.parametrize("expression", ["5 -- five", "5 --\\n + 1"])
def test_a_comment_does_not_hide_the_where(databases: ScratchServer, expression: str) -> None:
    template = databases.create()
    url = databases.database_url(template)
    desired.build_models(load(BEFORE), url, source="the tests")
    before = pg_dump.dump_database(url)
    after = BEFORE.replace(
        "Integer)", f'Integer, nullable=False, info={{"backfill": "{expression}"}})', 1
    )
    with pytest.raises(UserError, match=r"^The backfill of t\.a has a comment "):
        write(databases, template, before, load(after))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ('Column("b", Integer, nullable=False)', "t has rows without a value for b: add"),
        ('Column("b", Enum("x", name="mood"), info={"renamed_from": "m"})', 't.m: 1 row holds "y"'),
    ],
)
def test_rows_stop_it_under_the_old_name(databases: ScratchServer, columns: str, said: str) -> None:
    template = databases.create()
    url = databases.database_url(template)
    desired.build_models(load(BEFORE), url, source="the tests")
    before = pg_dump.dump_database(url)
    after = f'table(Column("a", Integer), {columns}, name="other", info={{"renamed_from": "t"}})'
    change = write(databases, template, before, load(after))
    execute(url, ROWS)
    with pytest.raises(DBAPIError) as stopped:
        run(url, change.up)
    assert errors.describe_error(stopped.value).startswith(said)
    assert rows(url, "SELECT count(*) FROM t") == [(3,)]
    execute(url, "DELETE FROM t")
    run(url, change.up)
    assert rows(url, "SELECT count(b) FROM other") == [(0,)]
    databases.drop(template)


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
    place = databases.create()
    url = databases.database_url(place)
    desired.build_models(load('table(Column("a", Text))'), url, source="the tests")
    execute(url, "INSERT INTO t (id, a) VALUES (1, '17'), (2, NULL)")
    run(url, change.up)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [(17,), (5,)]
    run(url, change.down)
    assert rows(url, "SELECT a FROM t ORDER BY id") == [("17",), ("5",)]


def test_a_type_changes_under_a_view_with_not_null_and_a_default(databases: ScratchServer) -> None:
    view = '\nv = PGView("public", "v", "select a from t")\n'
    change = there(
        databases,
        'table(Column("a", Text))' + view,
        'table(Column("a", String(10), nullable=False, server_default="x"))' + view,
    )
    place = databases.create()
    url = databases.database_url(place)
    desired.build_models(load('table(Column("a", Text))' + view), url, source="the tests")
    execute(url, "INSERT INTO t (id, a) VALUES (1, NULL)")
    with pytest.raises(DBAPIError, match="null value"):
        run(url, change.up)
    assert rows(url, "SELECT a FROM t") == [(None,)]
