"""Tablespaces and access methods, which pg_dump says beside a definition."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides import desired
from sqlalchemy import text
from tests.matrix.case import load
from tests.matrix.databases import differing
from tests.matrix.inside import run, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.scratch import ScratchServer

BEFORE = """
Table("t", m, Column("a", Integer, primary_key=True), Index("i", "a"))
after("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
"""

AFTER = """
Table("t", m, Column("a", Integer, primary_key=True), Index("i", "a", postgresql_tablespace="{0}"),
  postgresql_tablespace="{0}")
after("ALTER INDEX t_pkey SET TABLESPACE {0}")
after("CREATE MATERIALIZED VIEW v TABLESPACE {0} AS SELECT a FROM t")
"""


@contextmanager
def tablespace(databases: ScratchServer) -> Iterator[str]:
    """Yield the name of a tablespace in the server's own folder; it goes when it is empty."""
    name = f"space_{secrets.token_hex(4)}"
    databases.connection.execute(text("SET allow_in_place_tablespaces = on"))
    databases.connection.execute(text(f"CREATE TABLESPACE {name} LOCATION ''"))
    yield name
    databases.connection.execute(text(f"DROP TABLESPACE {name}"))


def test_tablespaces_there_and_back(databases: ScratchServer) -> None:
    with tablespace(databases) as name:
        old, new = databases.create(), databases.create()
        models = load(AFTER.format(name))
        desired.build_models(load(BEFORE), databases.database_url(old), source="the tests")
        desired.build_models(models, databases.database_url(new), source="the tests")
        before, after = (pg_dump.dump_database(databases.database_url(one)) for one in (old, new))
        assert {line.partition("\n")[0] for line in differing(before, after)} == {
            "TABLE public.t",
            "CONSTRAINT public.t t_pkey",
            "INDEX public.i",
            "MATERIALIZED VIEW public.v",
        }
        change = write(databases, old, before, models)
        for direction, wanted in ((change.up, after), (change.down, before), (change.up, after)):
            run(databases.database_url(old), direction)
            assert not list(differing(pg_dump.dump_database(databases.database_url(old)), wanted))
        for one in (old, new):
            databases.drop(one)
