"""Rows that a script changes in batches."""

from __future__ import annotations

import pytest
from tests.online.backfill.test_moved_rows import CHANGES, TABLE
from tests.online.beside import traffic
from tests.online.scripted import begun, run_with_psql, written
from tests.online.site import Site

# From the partition that is gone through last to the first, and others the other way.
MOVES = (
    "UPDATE t SET open = false WHERE open AND id % 7 = 0 AND id % 13 = (random() * 12)::int",
    "UPDATE t SET open = true WHERE NOT open AND id % 7 = 0 AND id % 13 = (random() * 12)::int",
)


@pytest.mark.parametrize("name", ["fill", "batches", "delete"])
def test_rows_move_from_part_to_part(site: Site, name: str) -> None:
    line, missed = CHANGES[name]
    begun(site, *TABLE)
    site.revise(line)
    sql = written(site)
    assert "UPDATE t" in sql or "DELETE FROM t" in sql
    with traffic(site, *MOVES) as moved:
        run_with_psql(site, sql)
    assert moved
    assert site.one(f"SELECT count(*) FROM t WHERE {missed}") == 0  # noqa: S608  # a case


@pytest.mark.parametrize("run", ["script", "upgrade"])
def test_rows_that_come_as_fast_as_they_are_changed(site: Site, run: str) -> None:
    """As others may write them: each look at the table finds as many as the one before."""
    (begun if run == "script" else Site.sql)(
        site,
        "CREATE TABLE t (id int, state text)",
        "INSERT INTO t SELECT n, 'old' FROM generate_series(1, 11) AS n",
        """CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO t VALUES (new.id + 100, 'old'); RETURN NULL; END $$""",
        "CREATE TRIGGER again AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION again()",
    )
    site.revise(
        "op.execute(\"UPDATE t SET state = 'new' WHERE state = 'old'\","
        ' execution_options={"batches": True})'
    )
    if run == "script":
        run_with_psql(site, written(site))
    else:
        site.upgrade()
    assert site.version == ["002a"]
    assert site.one("SELECT count(*) FROM t WHERE state = 'new' AND id <= 11") == 11
