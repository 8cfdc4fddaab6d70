"""Several statements in one text, and blocks of code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.upgrading_role import upgrading_role
from tests.online.watching import watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int, b int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 20000) AS n",
    "ANALYZE t",
)

LONG = [
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
    "CREATE INDEX t_a_idx ON t (a)",
    "ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()",
    "UPDATE t SET b = 1",
    "WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x",
    "VACUUM FULL t",
]


@pytest.mark.parametrize("statement", LONG)
@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; {}",
        "{};\n-- and\nSELECT ';'",
        ";{}; SELECT 1 AS atomic",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; {}",
    ],
)
def test_one_of_them_would_stop_the_work(site: Site, text: str, statement: str) -> None:
    site.sql(*TABLES)
    before = site.catalog
    site.revise(f"op.execute({text.format(statement)!r})")
    with pytest.raises(UserError, match=r"stops: .* of t .*\n.*blocking = \[.t.\]"):
        site.upgrade()
    assert site.catalog == before


@pytest.mark.parametrize("statement", LONG[:-1])
@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN IF true THEN {}; END IF; END $$",
        "DO LANGUAGE plpgsql $a$ BEGIN EXECUTE $x${}$x$; END $a$",
        "SELECT 1; DO $$ BEGIN {}; END $$;",
    ],
)
def test_in_a_block(site: Site, text: str, statement: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({text.format(statement)!r})")
    with pytest.raises(UserError, match=r"stops: .* of t .*\n.*blocking = \[.t.\]"):
        site.upgrade()
    site.again(f"op.execute({text.format(statement)!r})", top='blocking = ["t"]')
    if "WITH" in statement:
        return  # PL/pgSQL wants a place for the rows
    site.upgrade()
    assert site.version == ["002a"]


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE t ADD COLUMN c int; ALTER TABLE t ADD COLUMN d int",
        "CREATE TABLE made (a int); CREATE INDEX ON made (a); ALTER TABLE made ADD CHECK (a > 0)",
        "DROP TABLE t; SELECT 1",
        (
            "DO $$ DECLARE r record; BEGIN FOR r IN SELECT a FROM t WHERE a < 10 LOOP"
            " UPDATE t SET b = 0 WHERE t.a = r.a; END LOOP; END $$"
        ),
        (
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql"
            " BEGIN ATOMIC UPDATE t SET b = 1; UPDATE t SET b = 2; END"
        ),
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'UPDATE t SET b = 1; SELECT 1'; SELECT 1",
    ],
)
def test_what_takes_a_moment_runs(site: Site, text: str) -> None:
    site.sql(*TABLES)
    site.revise(f"op.execute({text!r})")
    site.upgrade()
    assert site.version == ["002a"]


def test_a_text_that_begins_with_a_semicolon_is_one_statement(site: Site) -> None:
    site.sql(*TABLES)
    site.revise("op.execute('; CREATE INDEX t_a_idx ON t (a)')")
    with watched() as steps:
        site.upgrade()
    assert any(step.sql.startswith("CREATE INDEX CONCURRENTLY") for step in steps)
    site.revise("op.execute('; WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x')")
    with pytest.raises(UserError, match=r"stops: DELETE changes many rows of t"):
        site.upgrade()


UNSEEN = (
    "Unseen: EXECUTE format('…', '…') in a DO block. "
    "What it locks is known only when it runs: write it out where a table is large."
)


def test_what_a_block_puts_together_is_said_to_be_unseen(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.sql(*TABLES)
    block = "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD c int', 't'); END $$"
    site.revise(f"op.execute({block!r})")
    site.upgrade(plan="")
    assert UNSEEN in " ".join(capfd.readouterr().out.split())
    site.upgrade()
    assert capfd.readouterr().err.count(f"{UNSEEN}\n") == 1
    site.revise("op.execute(\"DO $$ BEGIN EXECUTE 'SELECT 1'; END $$\")")
    site.upgrade()
    assert "Unseen" not in capfd.readouterr().err


@pytest.fixture
def owner(site: Site) -> Iterator[str]:
    """Upgrade as a role that has no right but to become the owner of the tables; yield that one."""
    name = f"owns_{site.url.database}"
    site.sql(*TABLES, f"CREATE ROLE {name}", f"ALTER TABLE t OWNER TO {name}")
    with upgrading_role(site, attributes=f"NOINHERIT IN ROLE {name}"):
        yield name
    site.sql(f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN SET LOCAL ROLE {owner}; {sql}; RESET ROLE; END $$",
        "DO $$ BEGIN PERFORM set_config('role', '{owner}', true); {sql}; RESET ROLE; END $$",
        "SET LOCAL ROLE {owner}; {sql}; RESET ROLE",
    ],
)
def test_what_another_role_does(site: Site, owner: str, text: str) -> None:
    """The empty copy of a table is made by the role that will change it."""
    add = text.format(owner=owner, sql="ALTER TABLE t ADD COLUMN c int DEFAULT 5")
    site.revise(f"op.execute({add!r})")
    site.upgrade()
    assert site.one("SELECT count(*) FROM t WHERE c = 5") == 20000
    change = text.format(owner=owner, sql="ALTER TABLE t ALTER COLUMN a TYPE bigint")
    site.revise(f"op.execute({change!r})")
    with pytest.raises(UserError, match=r"stops: ALTER TABLE .*, among other statements, .* of t "):
        site.upgrade()
    assert site.version == ["002a"]


def test_a_name_that_means_another_table(site: Site) -> None:
    site.sql(*TABLES, "CREATE SCHEMA apart", "CREATE TABLE apart.t (a int)")
    change = "ALTER TABLE t ALTER COLUMN a TYPE bigint"
    site.revise(f"op.execute('SET LOCAL search_path TO apart; {change}; RESET search_path')")
    site.upgrade()
    assert site.version == ["002a"]
    there = "SET LOCAL search_path TO apart; RESET search_path"
    site.revise(f"op.execute('{there}; {change}')")
    with pytest.raises(UserError, match="among other statements"):
        site.upgrade()
