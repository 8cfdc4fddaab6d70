"""Any change of any table: what psql makes of a script is what PostgreSQL makes of statements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import event, given, note
from hypothesis import strategies as st
from tests.online.scripted import psql, written
from tests.online.site import Site
from tests.property.changes import Change, changes
from tests.property.compared import begin, begin_or_reject, colons, outcome, plainly
from tests.property.many import examples

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from hypothesis.strategies import DrawFn
    from sqlalchemy.engine import URL

# Statements about other tables and rows, which may stand in one transaction with a change.
BETWEEN = (
    "ALTER TABLE parent ADD COLUMN found int DEFAULT 1",
    "UPDATE parent SET found = 2 WHERE found = 1",
    "UPDATE parent SET id = id + 0 WHERE id < 3; -- ; $ddl$\nCOMMENT ON TABLE parent IS 'it''s'",
    "INSERT INTO parent VALUES (77) RETURNING id",
    "WITH one AS (SELECT 55 AS id) INSERT INTO parent SELECT id FROM one",
    "WITH one AS (SELECT 5 AS id) SELECT id INTO made FROM one",
    "/* $run$ */ SELECT count(*) AS found FROM parent",
    "CREATE TABLE other (id int REFERENCES parent, found int)",
    "ALTER TABLE other ADD COLUMN more int",
    "DROP TABLE parent CASCADE",
    "GRANT SELECT ON parent TO PUBLIC",
    "SAVEPOINT here",
    "SET LOCAL statement_timeout = '1min'",
    "CREATE TRIGGER tr BEFORE UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION touched()",
    "DROP FUNCTION touched() CASCADE",
    "DO $ddl$ DECLARE ddl_lock text; BEGIN UPDATE parent SET id = id; END $ddl$",
)


@st.composite
def mixed_changes(draw: DrawFn) -> Change:
    """Return a change with statements about other tables and rows between its own."""
    change = draw(changes())
    statements = list(change.statements)
    for one in draw(st.lists(st.sampled_from(BETWEEN), max_size=4, unique=True)):
        statements.insert(draw(st.integers(0, len(statements))), one)
    return replace(change, statements=tuple(statements))


@examples()
@given(change=mixed_changes())
def test_as_postgresql_would(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    monkeypatch.delenv("ALEMBIC_ONLINE", raising=False)
    note("\n".join([*change.setup, "-- change", *change.statements]))
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    site = Site(empty, folder)
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.setup))
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.statements))

    begin_or_reject(site, change)
    wanted = plainly(site, change)

    sql = written(site)
    event("in steps" if "_ddl_" in sql else "in a moment")
    begin(site, change)
    done = psql(site, sql)
    note(done.stderr)
    if wanted is None:
        event("fails")
        assert done.returncode
    else:
        assert done.returncode == 0
        assert outcome(site) == wanted
