"""A right that the role lacks is told before the first statement, by the plan and by the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.database.session import Session
from alembic_pg.errors import UserError
from alembic_pg.plan.rights.missing_rights import MissingRights
from sqlalchemy.exc import DBAPIError
from tests.online.upgrading_role import upgrading_role

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from tests.online.site import Site

THEIRS = (
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n",
    "CREATE VIEW v AS SELECT id FROM t",
    "CREATE SEQUENCE q",
    "CREATE INDEX t_a_idx ON t (a)",
    "CREATE SCHEMA closed",
    "CREATE TYPE mood AS ENUM ('sad')",
    "CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 2",
    "CREATE EXTENSION citext SCHEMA public",
)

# A statement, and what the run and the plan say that the role lacks.
LACKING = {
    "ALTER TABLE t ADD COLUMN b int": "does not own t:",
    "ALTER TABLE ONLY t ALTER a SET DEFAULT 1": "does not own t:",
    "ALTER VIEW v ALTER id SET DEFAULT 1": "does not own v:",
    "ALTER INDEX t_a_idx SET (fillfactor = 50)": "does not own t_a_idx:",
    "ALTER SEQUENCE IF EXISTS q CACHE 2": "does not own q:",
    "DROP TABLE IF EXISTS gone, t CASCADE": "does not own t:",
    "DROP INDEX t_a_idx": "does not own t_a_idx:",
    "CREATE INDEX i ON t (a)": "does not own t:",
    "CREATE POLICY mine ON t USING (true)": "does not own t:",
    "CREATE RULE r AS ON DELETE TO t DO NOTHING": "does not own t:",
    "COMMENT ON COLUMN t.a IS 'it''s'": "does not own t:",
    "COMMENT ON TABLE public.t IS 'x'": "does not own t:",
    "INSERT INTO t VALUES (0, 0)": "may not INSERT t:",
    "UPDATE t SET a = 1 WHERE id = 1": "may not UPDATE t:",
    "DELETE FROM t WHERE id = 1": "may not DELETE t:",
    "TRUNCATE t": "may not TRUNCATE t:",
    "CREATE TABLE closed.x (a int)": "may not create anything in the schema closed:",
    "CREATE TABLE IF NOT EXISTS closed.x (a int)": "may not create anything in the schema closed:",
    "CREATE VIEW closed.x AS SELECT 1": "may not create anything in the schema closed:",
    "CREATE TYPE closed.x AS ENUM ('a')": "may not create anything in the schema closed:",
    "CREATE ROLE {role}_2": "may not create the role",
    "CREATE USER {role}_2": "may not create the role",
    "CREATE EXTENSION plperlu_or_file_fdw": "may not create the extension",
    "CREATE SCHEMA more": "may not create the schema more",
    "DROP EXTENSION IF EXISTS citext": "does not own extension citext:",
    "COMMENT ON EXTENSION citext IS 'x'": "does not own extension citext:",
    "DROP SCHEMA closed": "does not own schema closed:",
    "ALTER TYPE mood ADD VALUE 'glad'": "does not own type mood:",
    "DROP TYPE public.mood": "does not own type mood:",
    "DROP FUNCTION IF EXISTS twice(int)": "does not own function twice(integer):",
    "ALTER FUNCTION twice STABLE": "does not own function twice(integer):",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM t": "does not own v:",
    "DO $$ BEGIN CREATE ROLE {role}_2; END $$": "may not create the role",
    "DO $$ BEGIN EXECUTE 'CREATE ROLE {role}_2 NOLOGIN'; END $$": "may not create the role",
    (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}_2') "
        "THEN CREATE ROLE {role}_2 NOLOGIN; END IF; END $$"
    ): "may not create the role",
    (
        "DO $$ BEGIN CREATE ROLE {role}_2; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ): "may not create the role",
}

# What the role may do, or what a statement before lets it do.
LETTING: dict[str, tuple[str, ...]] = {
    "its own": ("CREATE TABLE x (a int)", "CREATE INDEX ON x (a)", "ALTER TABLE x ADD b int"),
    "another of that name": (
        "CREATE TEMPORARY TABLE t (a int)",
        "ALTER TABLE t ADD b int",
        "DROP TABLE t",
    ),
    "not there": ("DROP TABLE IF EXISTS gone", "ALTER TABLE IF EXISTS gone ADD a int"),
    "there already": ("CREATE EXTENSION IF NOT EXISTS plpgsql",),
    "as another": ("SET ROLE {owner}", "ALTER TABLE t ADD b int", "RESET ROLE"),
    "a role that is there": (
        (
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') "
            "THEN CREATE ROLE {owner}; END IF; END $$"
        ),
    ),
    "refused, and caught": (
        "DO $$ BEGIN CREATE ROLE never; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$",
    ),
    "in a block": (
        "DO $$ BEGIN SET LOCAL ROLE {owner}; CREATE TABLE closed.x (a int); RESET ROLE; END $$",
    ),
}


def untrusted(site: Site) -> str:
    """Return the name of an extension that only a superuser creates."""
    found: str = site.one(
        "SELECT name FROM pg_available_extension_versions GROUP BY name "
        "HAVING bool_and(superuser AND NOT trusted) ORDER BY name = 'file_fdw' DESC, name LIMIT 1"
    )
    return found


def lines(*statements: str) -> list[str]:
    """Return the lines of a revision that executes statements."""
    return [f"op.execute({one!r})" for one in statements]


class Asked(Session):
    """A session that asks about rights."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


def test_what_is_told_is_what_the_server_says(site: Site) -> None:
    site.sql(*THEIRS)
    extension = untrusted(site)
    with (
        upgrading_role(site) as name,
        make_engine(site.url.set(username=name)).connect() as connection,
    ):
        session = Asked(connection)
        for sql, reason in LACKING.items():
            statement = sql.format(role=name).replace("plperlu_or_file_fdw", extension)
            (refusal,) = MissingRights(session, "alembic_version").refusals(statement)
            assert f"{name} {reason}" in refusal.text
            with (
                pytest.raises(DBAPIError, match=r"must be owner|permission denied"),
                session.undone_at_end(),
            ):
                session.execute(statement)
            connection.rollback()


@pytest.mark.parametrize(
    ("sql", "way"),
    [
        ("ALTER TABLE t ADD COLUMN b uuid DEFAULT gen_random_uuid()", "Name its owner"),
        ("CREATE ROLE {role}_2", "CREATEROLE"),
    ],
)
def test_it_is_told_before_the_first_statement(
    site: Site, capsys: pytest.CaptureFixture[str], sql: str, way: str
) -> None:
    site.sql(*THEIRS)
    site.revise(*lines("CREATE TABLE before (a int)"))
    with upgrading_role(site) as name:
        before = site.catalog
        site.revise(*lines(sql.format(role=name)))
        site.upgrade(plan="")
        planned = " ".join(capsys.readouterr().out.split())
        with pytest.raises(UserError) as error:
            site.upgrade()
        said = str(error.value)
        assert said.startswith(f"Revision {site.made[-1]} (step {site.made[-1]}) stops: {name} ")
        assert way in said
        assert f"Refused: {said.partition('stops: ')[2]}" in planned
        assert (site.version, site.catalog, site.note()) == (["001a"], before, None)


@pytest.mark.parametrize("statements", LETTING.values(), ids=LETTING)
def test_what_may_be_done_is_done(site: Site, statements: tuple[str, ...]) -> None:
    site.sql(*THEIRS)
    owner = site.one("SELECT current_user")
    # PostgreSQL 15 knows only whether a role inherits at all.
    rights = "ALTER ROLE {role} NOINHERIT", f"GRANT {owner} TO {{role}}"
    with upgrading_role(site, rights=rights) as name:
        site.sql(f"GRANT TEMPORARY ON DATABASE {site.url.database} TO {name}")
        site.revise(*lines(*(one.format(owner=owner) for one in statements)))
        site.upgrade()
        assert site.version == ["002a"]


def test_a_role_of_the_owner(site: Site) -> None:
    site.sql(*THEIRS)
    with upgrading_role(
        site, rights=("CREATE ROLE {role}_owner", "ALTER TABLE t OWNER TO {role}_owner")
    ) as name:
        site.revise(*lines("ALTER TABLE t ADD b int"))
        try:
            with pytest.raises(UserError) as error:
                site.upgrade()
            assert f"Name its owner {name}_owner in DATABASE_URL, or GRANT" in str(error.value)
            site.sql(f"GRANT {name}_owner TO {name}", f"GRANT ALL ON SCHEMA public TO {name}_owner")
            site.upgrade()
            assert site.version == ["002a"]
        finally:
            site.sql(f"REASSIGN OWNED BY {name}_owner TO CURRENT_USER")
            site.sql(f"DROP OWNED BY {name}_owner", f"DROP ROLE {name}_owner")


def test_the_role_of_the_application(site: Site) -> None:
    """It may read and write rows, and no more."""
    site.sql(*THEIRS)
    owner = site.one("SELECT current_user")
    with upgrading_role(
        site,
        rights=(
            "ALTER TABLE alembic_version OWNER TO CURRENT_USER",
            "GRANT SELECT ON alembic_version TO {role}",
            "REVOKE CREATE ON SCHEMA public FROM {role}",
        ),
    ) as name:
        site.revise(*lines(*(f"ALTER TABLE t ADD c{number} int" for number in range(9))))
        with pytest.raises(UserError) as error:
            site.upgrade()
    found = str(error.value).splitlines()
    assert f"{name} may not UPDATE alembic_version: UPDATE" in found[0]
    assert f"Name its owner {owner} in DATABASE_URL" in found[0]
    assert found[-1] == "And 5 more: alembic-pg plan shows them."


def test_what_comes_after_a_revision_that_asks(site: Site) -> None:
    """Whose a table is may have changed; what the role is has not."""
    site.sql(*THEIRS)
    site.revise(
        "bind = op.get_bind()",
        'bind.exec_driver_sql("DROP TABLE IF EXISTS gone")',
        'assert bind.scalar(sa.text("SELECT 1")) == 1',
    )
    site.revise(*lines("CREATE ROLE nobody_at_all"))
    with upgrading_role(site) as name:
        with pytest.raises(UserError, match=rf"{name} may not create the role nobody_at_all"):
            site.upgrade()
        assert site.version == ["001a"]


def test_a_block_that_may_need_a_right_is_told_and_stops_nothing(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    block = "DO $$ BEGIN IF current_user = 'postgres' THEN CREATE ROLE {role}_2; END IF; END $$"
    site.revise(*lines("CREATE TABLE before (a int)"))
    with upgrading_role(site) as name:
        site.revise(*lines(block.format(role=name)))
        told = f"Where the condition in its block holds: {name} may not create the role {name}_2"
        site.upgrade(plan="")
        assert told in " ".join(capsys.readouterr().out.split())
        site.upgrade()
        assert f"Revision 003a (step 003a): {told}" in capsys.readouterr().err
        assert site.version == ["003a"]


def test_a_downgrade_is_told_before_its_first_statement(site: Site) -> None:
    site.sql("CREATE EXTENSION citext SCHEMA public")
    site.revise("pass")
    site.revise("pass", downgrade='op.execute("DROP EXTENSION citext")')
    site.revise("pass", downgrade='op.execute("CREATE TABLE made (a int)")')
    site.sql("UPDATE alembic_version SET version_num = '004a'")
    with upgrading_role(site) as name:
        with pytest.raises(UserError, match=rf"{name} does not own extension citext: DROP"):
            site.downgrade("001a")
        assert site.version == ["004a"]


def test_the_owner_of_the_database_is_named_where_a_schema_belongs_to_whoever_that_is(
    site: Site,
) -> None:
    site.sql("ALTER SCHEMA public OWNER TO pg_database_owner")
    owner = site.one("SELECT current_user")
    with upgrading_role(site, rights=("REVOKE CREATE ON SCHEMA public FROM {role}",)) as name:
        site.revise(*lines("CREATE TABLE t (a int)"))
        with pytest.raises(UserError) as error:
            site.upgrade()
    assert (
        f"Name its owner {owner} in DATABASE_URL, or GRANT CREATE ON SCHEMA public TO {name}"
        in str(error.value)
    )
