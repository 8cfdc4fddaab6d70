"""Event triggers that may refuse what a revision does are named before it, and when they do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 300) AS n",
    "ANALYZE t",
)

REFUSES = (
    "CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql"
    " AS $$ BEGIN RAISE EXCEPTION 'not here'; END $$"
)
NOTICES = (
    "CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql"
    " AS $$ BEGIN RAISE NOTICE 'well'; END $$"
)

RETYPE = 'op.alter_column("t", "a", type_=sa.BigInteger())'
DROP = 'op.drop_column("t", "a")'

# The event and its tags; a line of a revision; what of it is seen, "" where nothing is.
SEEN = [
    ("ddl_command_start", ('op.add_column("t", sa.Column("b", sa.Integer))'), "ALTER TABLE"),
    ("ddl_command_start WHEN TAG IN ('CREATE FUNCTION')", RETYPE, "CREATE FUNCTION"),
    (
        "ddl_command_end WHEN TAG IN ('CREATE INDEX', 'DROP INDEX')",
        'op.create_index("i", "t", ["a"], unique=True)',
        "CREATE INDEX",
    ),
    ("sql_drop", DROP, "ALTER TABLE"),
    ("sql_drop", RETYPE, "DROP TRIGGER, DROP FUNCTION, ALTER TABLE"),
    ("ddl_command_start WHEN TAG IN ('DROP TABLE')", DROP, ""),
    ("table_rewrite", RETYPE, ""),
]

TOP = 'destroys = ["column t.a"]'


def named(what: str) -> str:
    """Return the sentence about the event trigger."""
    return f"The event trigger et (guard()) sees {what}, and may refuse it."


@pytest.mark.parametrize(("on", "line", "seen"), SEEN)
def test_one_that_may_refuse_is_named_before(
    site: Site, capfd: pytest.CaptureFixture[str], on: str, line: str, seen: str
) -> None:
    if on == "table_rewrite":
        site.needs(17)  # tests/online/run/test_refusing_event_trigger.py says what is before
    site.sql(*TABLES, REFUSES, f"CREATE EVENT TRIGGER et ON {on} EXECUTE FUNCTION guard()")
    site.revise(line, top=TOP)
    try:
        site.upgrade(plan="")
        planned = " ".join(capfd.readouterr().out.split())
        failed = ""
        try:
            site.upgrade()
        except UserError as error:
            failed = str(error)
    finally:
        site.sql("DROP EVENT TRIGGER et")
    told = capfd.readouterr().err
    assert (named(seen) in planned) == bool(seen)
    assert told.count(named(seen)) == bool(seen)
    assert ("event trigger" in planned + told) == bool(seen)
    assert bool(failed) == bool(seen)
    if seen:
        assert "not here" in failed
        # On a line of its own, but where it refuses an empty copy (before PostgreSQL 17).
        assert re.search(r"\sThe event trigger et refused it: ", failed)
        assert "(ALTER EVENT TRIGGER et DISABLE)" in failed


@pytest.mark.parametrize("state", ["", "DISABLE"])
def test_one_that_refuses_nothing(
    site: Site, capfd: pytest.CaptureFixture[str], state: str
) -> None:
    site.sql(
        *TABLES,
        REFUSES if state else NOTICES,
        "CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION guard()",
        *([f"ALTER EVENT TRIGGER et {state}"] if state else []),
    )
    site.revise(RETYPE)
    try:
        site.upgrade()
    finally:
        site.sql("DROP EVENT TRIGGER et")
    assert "event trigger" not in capfd.readouterr().err
    assert site.version == ["002a"]


def test_a_table_that_is_rewritten(
    site: Site, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small one is, in one go."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "8MB")
    site.sql(*TABLES, REFUSES, "CREATE EVENT TRIGGER et ON table_rewrite EXECUTE FUNCTION guard()")
    site.revise(RETYPE)
    try:
        site.upgrade(plan="")
        assert named("what is rewritten") in " ".join(capfd.readouterr().out.split())
        with pytest.raises(UserError, match=r"not here.*\nThe event trigger et refused it: "):
            site.upgrade()
    finally:
        site.sql("DROP EVENT TRIGGER et")
    assert named("what is rewritten") in capfd.readouterr().err
