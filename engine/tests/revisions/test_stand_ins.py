"""Where a key of a revision refers to what env.py leaves out, a stand-in is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import connect
from alembic_pg.revisions import stand_ins
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def not_auth(item: object, *_: object) -> bool:
    return getattr(item, "schema", None) != "auth"


def name_not_auth(name: str | None, kind: str, _: object) -> bool:
    return not (kind == "schema" and name == "auth")


TWO_COLUMNS = """
CREATE TABLE a (n INTEGER, u UUID NOT NULL, m NUMERIC(10, 2) DEFAULT 1,
  CONSTRAINT "k, k" FOREIGN KEY(u, m) REFERENCES auth."Users" (id, m) ON DELETE CASCADE)
"""

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = 'auth."Users"'::regclass AND attnum > 0 ORDER BY attname
"""


@pytest.mark.parametrize(
    "options",
    [{"include_object": not_auth}, {"include_name": name_not_auth}],
    ids=[*stand_ins.FILTERS],
)
def test_keys_of_each_form(empty: URL, options: dict[str, object]) -> None:
    with connect(empty, source="the tests") as connection:
        stand_ins.make_for_revisions(connection, options)
        for statement in (
            TWO_COLUMNS,
            'CREATE TABLE b (u uuid REFERENCES auth."Users" (id))',
            "CREATE TABLE c (mail varchar(20))",
            'ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (mail) REFERENCES auth."Users" (mail)',
            'ALTER TABLE c ADD COLUMN u uuid CONSTRAINT g REFERENCES auth."Users" (id)',
        ):
            connection.exec_driver_sql(statement)
        found = [tuple(row) for row in connection.exec_driver_sql(COLUMNS)]
    assert found == [
        ("id", "uuid"),
        ("m", "numeric(10,2)"),
        ("mail", "character varying(20)"),
    ]


@pytest.mark.parametrize("options", [{}, {"include_object": not_auth}])
def test_what_is_not_left_out_has_none(empty: URL, options: dict[str, object]) -> None:
    with connect(empty, source="the tests") as connection:
        stand_ins.make_for_revisions(connection, options)
        with pytest.raises(DBAPIError, match='relation "nowhere" does not exist'):
            connection.exec_driver_sql("CREATE TABLE a (u uuid REFERENCES nowhere (id))")


def test_what_is_there_is_left_as_it_is(empty: URL) -> None:
    with connect(empty, source="the tests") as connection:
        connection.exec_driver_sql(
            'CREATE SCHEMA auth; CREATE TABLE auth."Users" (id int PRIMARY KEY)'
        )
        stand_ins.make_for_revisions(connection, {"include_object": not_auth})
        connection.exec_driver_sql('CREATE TABLE a (u int REFERENCES auth."Users" (id))')
        indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'auth'"
        assert connection.exec_driver_sql(indexes).scalar() == 1


def test_filters_are_asked_as_of_a_declared_table() -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    known: list[tuple[object, ...]] = []

    def include(*asked: object) -> bool:
        known.append(asked)
        return True

    assert not stand_ins.is_left_out({"include_object": include}, table)
    assert known == [(table, "t", "table", False, None)]
