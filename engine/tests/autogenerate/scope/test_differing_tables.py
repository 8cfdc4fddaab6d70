"""Only the tables that differ are Alembic's comparators asked about, and env.py's filters, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from alembic_pg.autogenerate.scope import differing_tables
from alembic_pg.commands import autogenerate
from alembic_pg.database.connect import connect
from alembic_pg.testing import state
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, event
from tests.matrix.inside import there

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL

THERE = """
CREATE TABLE one (a int);
CREATE TABLE two (a int);
CREATE SCHEMA s;
CREATE TABLE s.one (a int);
"""


@pytest.fixture(autouse=True)
def _silent() -> None:
    autogenerate.silence_alembic_utils()


def found(url: URL, tables: set[str], **given: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Return what stock Alembic says of a database that has none of the models' columns."""
    metadata = MetaData()
    for schema, name in ((None, "one"), (None, "two"), ("s", "one"), (None, "new")):
        Table(name, metadata, Column("b", Integer), schema=schema)
    with connect(url, source="the tests") as connection:
        options = differing_tables.filtered_options(given, tables)
        plugins = differing_tables.autogenerate_plugins(["alembic.autogenerate.*"], tables)
        context = MigrationContext.configure(
            connection, opts=options | {"autogenerate_plugins": plugins}
        )
        operations = produce_migrations(context, metadata).upgrade_ops
    assert operations is not None
    return [difference[:3] for group in operations.as_diffs() for difference in _flat(group)]


def _flat(group: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    return group if isinstance(group, list) else [group]


@pytest.mark.parametrize("given", [{}, {"include_schemas": False}, {"include_schemas": True}])
def test_only_the_named_tables_are_compared(empty: URL, given: dict[str, Any]) -> None:
    state.execute(empty, THERE)
    differences = found(empty, {"TABLE public.one"}, **given)
    assert [(d[0], d[1], d[2]) for d in differences] == [
        ("add_column", None, "one"),
        ("remove_column", None, "one"),
    ]
    assert {(d[0], d[1]) for d in found(empty, {"TABLE s.one"}, **given)} == {
        ("add_column", "s"),
        ("remove_column", "s"),
    }
    assert [d[0] for d in found(empty, {"TABLE public.new"}, **given)] == ["add_table"]


def test_without_a_table_nothing_is_reflected(empty: URL) -> None:
    state.execute(empty, THERE)
    statements: list[str] = []
    with connect(empty, source="the tests") as connection:
        event.listen(
            connection, "before_cursor_execute", lambda *given: statements.append(given[2])
        )
        plugins = differing_tables.autogenerate_plugins(["alembic.autogenerate.*"], set())
        opts = differing_tables.filtered_options({"include_schemas": False}, set()) | {
            "autogenerate_plugins": plugins
        }
        context = MigrationContext.configure(connection, opts=opts)
        operations = produce_migrations(context, MetaData()).upgrade_ops
    assert operations is not None
    assert operations.is_empty()
    assert not [statement for statement in statements if "pg_attribute" in statement]


def test_the_given_filters_are_asked_about_the_rest(empty: URL) -> None:
    state.execute(empty, THERE)
    asked: list[tuple[str | None, str]] = []

    def include_name(name: str | None, kind: str, _: object) -> bool:
        asked.append((name, kind))
        return True

    def include_object(_: object, name: str, kind: str, *__: object) -> bool:
        return (name, kind) != ("a", "column")

    differences = found(
        empty,
        {"TABLE public.one"},
        include_name=include_name,
        include_object=include_object,
        include_schemas=True,
    )
    assert [d[0] for d in differences] == ["add_column"]
    assert {name for name, kind in asked if kind == "table"} == {"one"}
    assert (None, "schema") in asked


FAMILY = """
state = Enum({values}, name="state", metadata=m)
Table("parents", m, Column("id", Integer, primary_key=True), Column("state", state))
Table("children", m, Column("id", Integer, primary_key=True), Column("state", state),
  Column("parent", Integer{key}))
Table("others", m, Column("id", Integer, primary_key=True))
after("CREATE VIEW states AS SELECT id, state FROM parents")
"""


def test_what_tables_share_is_changed_in_all_of_them(databases: ScratchServer) -> None:
    """A value goes from the enum of two tables and a view; one of them gets a foreign key."""
    there(
        databases,
        FAMILY.format(values='"a", "b", "c"', key=""),
        FAMILY.format(values='"a", "b"', key=', ForeignKey("parents.id")'),
    )


def test_tables_that_count_come_in_the_order_of_their_keys(empty: URL) -> None:
    metadata = MetaData()
    Table("a", metadata, Column("b", ForeignKey("b.id")))
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("c", ForeignKey("c.id")))
    Table("c", metadata, Column("id", Integer, primary_key=True))
    with connect(empty, source="the tests") as connection:
        context = AutogenContext(MigrationContext.configure(connection), metadata)
        differing_tables.with_changed_last(context, {"TABLE public.a", "TABLE public.b"})
        assert [one.name for one in context.sorted_tables] == ["c", "b", "a"]
