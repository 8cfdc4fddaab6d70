"""What include_object leaves out is not built, but for what keys refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides import desired, left_out
from alembic_pg.revisions.stand_ins import StandIn
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Uuid, text

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def test_two_tables_of_somebody_else(empty: URL) -> None:
    metadata = MetaData()
    Table(
        "users",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("more", Integer, server_default=text("nosuch()")),
        schema="auth",
    )
    Table(
        "spots", metadata, Column("a", Integer), Index("i", text("nosuch(a)")), schema="elsewhere"
    )
    Table("t", metadata, Column("u", ForeignKey("auth.users.id")))
    options = {"include_object": lambda item, *_: getattr(item, "schema", None) is None}
    models = left_out.without_left_out(Models(metadata, ()), options)
    assert {table.name for table in models.left_out} == {"users", "spots"}
    assert left_out.needed_stand_ins(models) == (StandIn("auth", "users", (("id", "UUID"),)),)
    desired.build_models(models, empty, source="the tests")
    built = pg_dump.dump_database(empty)
    assert {"TABLE auth.users", "TABLE public.t"} <= set(built)
    assert "more" not in built["TABLE auth.users"].create
    assert "SCHEMA .elsewhere" not in built


def test_a_view_of_a_table_of_somebody_else(empty: URL) -> None:
    """It cannot be made without the table; the key to that still finds a stand-in elsewhere."""
    metadata = MetaData()
    Table("users", metadata, Column("id", Uuid, primary_key=True), Column("more", Integer))
    Table("other", metadata, Column("a", Integer))
    Table("t", metadata, Column("u", ForeignKey("users.id")))
    view = PGView("public", "v", "SELECT more FROM users")
    options = {"include_object": lambda _, name, *__: name == "t"}
    models = left_out.without_left_out(Models(metadata, (view,)), options)
    assert left_out.needed_stand_ins(models) == (StandIn("public", "users", (("id", "UUID"),)),)
    desired.build_models(models, empty, source="the tests")
    built = pg_dump.dump_database(empty)
    assert {"TABLE public.users", "TABLE public.t", "VIEW public.v"} <= set(built)
    assert "TABLE public.other" not in built
