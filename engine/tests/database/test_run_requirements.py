"""What makes a run impossible is said before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import run_requirements
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy import text
from tests.online.pooler import pooled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.online.site import Site


def test_a_pooler_in_transaction_mode(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.revise("pass")
    with pooled(site.url) as url:
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        with pytest.raises(UserError) as error:
            site.upgrade()
        site.current()
    assert str(error.value) == (
        "A pooler (PgBouncer in transaction mode, say) is between here and the server, and "
        "keeps no session: name the server itself, or a pool in session mode."
    )
    assert site.version == ["001a"]


def test_the_server_itself(site: Site) -> None:
    with make_engine(site.url).connect() as connection:
        run_requirements.require_one_session(connection)
        assert not connection.in_transaction()
        run_requirements.require_writable(connection, None, first=True)
        run_requirements.require_writable(connection, "public", first=True)


def test_read_only(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    url = site.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    site.upgrade()
    site.revise("pass")
    for settings in ({}, {"plan": ""}):
        with pytest.raises(UserError, match=r"^Transactions of "):
            site.upgrade(**settings)


def test_no_schema(site: Site) -> None:
    with make_engine(site.url).connect() as connection:
        connection.execute(text("SET search_path TO nowhere"))
        with pytest.raises(UserError, match=r"^No schema of the search_path \(nowhere\) is there"):
            run_requirements.require_writable(connection, None, first=True)
        run_requirements.require_writable(connection, None, first=False)


def test_a_replica(site: Site) -> None:
    """There is none here; what says that it is one is a function, which comes first."""
    site.sql(
        "CREATE SCHEMA before",
        "CREATE FUNCTION before.pg_is_in_recovery() RETURNS bool LANGUAGE sql AS 'SELECT true'",
    )
    with make_engine(site.url).connect() as connection:
        connection.execute(text("SET search_path TO before, pg_catalog"))
        with pytest.raises(UserError, match=r"^The server is a replica, or recovers"):
            run_requirements.require_writable(connection, None, first=False)


def test_a_role_that_cannot_note(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the owner of alembic_version comments it: a revision is one transaction then."""
    role = f"migrates_{site.url.database}"
    site.sql(
        f"CREATE ROLE {role} LOGIN",
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"GRANT ALL ON alembic_version TO {role}",
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1)",
        f"ALTER TABLE t OWNER TO {role}",
        f"CREATE TABLE small (a int); ALTER TABLE small OWNER TO {role}",
    )
    monkeypatch.setenv("DATABASE_URL", site.url.set(username=role).render_as_string())
    try:
        site.revise('op.create_index("i", "small", ["a"])', 'op.create_index("j", "t", ["a"])')
        with pytest.raises(UserError) as error:
            site.upgrade()
        assert (
            str(error.value)
            .splitlines()[0]
            .endswith(
                f"A statement of a revision that cannot note its steps ({role} does not own "
                "alembic_version) reads or writes all of t (0 MB), and nobody can use it "
                "meanwhile. "
                "Let the table's owner run it, or a role of theirs."
            )
        )
        assert site.version == ["001a"]
        site.again(
            'op.create_index("j", "t", ["a"])',
            "with op.get_context().autocommit_block():",
            '    op.execute("VACUUM t")',
            top='blocking = ["t"]',
        )
        site.upgrade()
        assert site.version == ["002a"]
    finally:
        monkeypatch.undo()
        site.sql(f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}")
        site.sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("command", ["current", "downgrade", "upgrade"])
@pytest.mark.parametrize("path", ["", "-c search_path=$user,public,other"])
def test_a_schema_that_the_role_may_not_use(
    site: Site, monkeypatch: pytest.MonkeyPatch, command: str, path: str
) -> None:
    role = f"{site.url.database}_nobody"
    site.sql(f"CREATE ROLE {role} LOGIN", "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    url = site.url.set(username=role)
    url = url.update_query_dict({"options": path}) if path else url
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    try:
        run: dict[str, Callable[[], None]] = {
            "current": site.current,
            "downgrade": lambda: site.downgrade("base"),
            "upgrade": site.upgrade,
        }
        with pytest.raises(UserError) as error:
            run[command]()
        assert str(error.value) == (
            f"The role {role} may not use the schema public, where alembic_version is: "
            f"GRANT USAGE ON SCHEMA public TO {role}, or use another role."
        )
    finally:
        site.sql(f"DROP ROLE {role}")


def test_a_table_that_the_role_may_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    role = f"{site.url.database}_reader"
    site.sql(f"CREATE ROLE {role} LOGIN")
    url = site.url.set(username=role)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    try:
        with pytest.raises(UserError, match="permission denied for table alembic_version"):
            site.current()
    finally:
        site.sql(f"DROP ROLE {role}")
