"""How many rows an UPDATE changes is known where its columns are still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = ("CREATE TABLE t (id int PRIMARY KEY, a int)", "CREATE TABLE o (id int PRIMARY KEY, c int)")
FILL = "INSERT INTO t SELECT n, n % 100 FROM generate_series(1, 40000) AS n"
ADDS = ("CREATE TYPE mood AS ENUM ('sad', 'ok')", "ALTER TABLE t ADD b int, ADD m mood")

MANY = (
    "UPDATE t SET b = a * 2",
    "UPDATE ONLY public.t AS u SET b = u.a WHERE u.id > 7",
    "UPDATE t SET b = a, m = 'ok' WHERE a < 90 AND m IS DISTINCT FROM 'sad'",
    "UPDATE t SET a = 0 WHERE b > 3",
    "DELETE FROM t WHERE b IS NOT NULL",
    "UPDATE t SET b = o.c FROM o WHERE o.id = t.id",
    "DELETE FROM t AS u USING o WHERE o.id = u.id AND u.m IS DISTINCT FROM 'ok'",
)
FEW = (
    "UPDATE t SET b = a * 2 WHERE id = 7",
    "UPDATE t SET a = 0 WHERE b = 3",
    "DELETE FROM t WHERE a = 5 AND m = 'sad'",
    "UPDATE t SET b = o.c FROM o WHERE o.id = t.id AND o.c = 7",
)


@pytest.mark.parametrize("statement", MANY + FEW)
def test_after_a_column_is_added(
    site: Site, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLE, FILL, "INSERT INTO o SELECT id, a FROM t", "ANALYZE t, o")
    site.revise(*(f"op.execute({one!r})" for one in (*ADDS, statement)))
    assert differences(site) == []
    assert (site.version == ["002a"]) == (statement in FEW)
    added = "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'b'"
    assert site.one(added) == (statement in FEW), "refused before the first statement"
