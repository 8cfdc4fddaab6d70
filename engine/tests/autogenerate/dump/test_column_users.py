"""Which column is used by what, as PostgreSQL has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.column_users import read_column_users
from tests.matrix.databases import execute

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SCRIPT = """
CREATE TABLE t (a int, b int CONSTRAINT c CHECK (b > 0), "The c" int, PRIMARY KEY (a));
CREATE TABLE child () INHERITS (t);
CREATE TABLE u (a int CONSTRAINT fk REFERENCES t);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW of_child AS SELECT b FROM child;
CREATE MATERIALIZED VIEW m AS SELECT "The c" FROM t;
CREATE INDEX i ON t (b) WHERE "The c" > 0;
CREATE STATISTICS s ON a, b FROM t;
CREATE FUNCTION f(integer, text) RETURNS bigint LANGUAGE sql
  BEGIN ATOMIC SELECT count(b) FROM t; END;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER g BEFORE UPDATE OF b ON t FOR EACH ROW EXECUTE FUNCTION tf();
CREATE TRIGGER none BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf();
CREATE POLICY p ON t USING ("The c" > 0);
CREATE RULE r AS ON DELETE TO t WHERE old.b > 0 DO INSTEAD NOTHING;
CREATE PUBLICATION pub FOR TABLE ONLY t (a, b) WHERE (a > 0);
"""

USERS = {
    "a": {
        "CONSTRAINT public.t t_pkey",
        "FK CONSTRAINT public.u fk",
        "PUBLICATION TABLE public.pub t",
        "STATISTICS public.s",
        "VIEW public.v",
    },
    "b": {
        "CHECK CONSTRAINT public.t c",
        "FUNCTION public.f(integer, text)",
        "INDEX public.i",
        "PUBLICATION TABLE public.pub t",
        "RULE public.t r",
        "STATISTICS public.s",
        "TRIGGER public.t g",
        "VIEW public.of_child",
    },
    "The c": {"INDEX public.i", "MATERIALIZED VIEW public.m", "POLICY public.t p"},
}


@pytest.mark.parametrize("column", USERS)
def test_what_uses_a_column(empty: URL, column: str) -> None:
    execute(empty, SCRIPT)
    users = read_column_users(empty)["TABLE public.t", column]
    keys = pg_dump.dump_database(empty).keys()
    assert users & keys == USERS[column]
