"""alembic-pg preflight: what stands against an upgrade; the target is only read."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.testing import state
from alembic_pg.testing.tree import PASSWORD
from sqlalchemy import text
from tests.commands.own import own

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

USERS = """
INSERT INTO users (email, password_hash) SELECT 'u' || n || '@example.org',
  CASE WHEN n % 5 > 0 THEN repeat('h', 60) ELSE 'short' END FROM generate_series(1, 20) AS n
"""


@pytest.fixture
def behind(project: Tree, revisions: tuple[Script, ...], empty: URL) -> Tree:
    """The project, on a database before the revision that checks lengths, with rows."""
    checked = next(one for one in revisions if str(one.doc).startswith("check lengths"))
    done = project.alembic("upgrade", str(checked.down_revision))
    assert done.code == 0, done
    state.execute(empty, USERS)
    return project


def test_nothing_is_pending(at_head: Tree) -> None:
    done = own(at_head, "preflight")
    assert (done.code, done.err) == (0, ""), done
    assert done.out.splitlines()[-1] == "Nothing to do."
    assert "nothing is pending" in done.out


def test_rows_that_refuse(behind: Tree) -> None:
    before = state.read_state(behind)
    done = own(behind, "preflight")
    assert (done.code, done.err) == (1, ""), done
    told = " ".join(done.out.split())
    refused = "Refused: 4 rows of users violate the CHECK users_password_hash_check"
    assert f"{refused}, for example id 5." in told
    assert "short" not in told
    assert PASSWORD not in told
    assert state.read_state(behind) == before
    run = behind.alembic("upgrade", "head")
    assert run.code == 1
    assert "users_password_hash_check" in run.err


def test_as_json(behind: Tree) -> None:
    done = own(behind, "preflight", "--json", "--values")
    assert done.code == 1, done
    found = json.loads(done.out)
    assert (found["format"], found["found"]) == (1, True)
    refused = [one for each in found["revisions"] for one in each["rows"] if one["count"]]
    (one,) = refused
    assert (one["kind"], one["table"], one["count"]) == ("check", "users", 4)
    assert one["values"] == {"password_hash": "short"}
    assert [each["is_refused"] for each in found["revisions"]].count(True) == 1
    assert PASSWORD not in done.out


def test_rows_that_were_corrected(behind: Tree, empty: URL) -> None:
    state.execute(empty, "UPDATE users SET password_hash = repeat('h', 60)")
    done = own(behind, "preflight")
    assert (done.code, done.err) == (0, ""), done
    assert done.out.splitlines()[-1] == "No row refuses what is pending."
    assert behind.alembic("upgrade", "head").code == 0


def test_a_transaction_in_the_way(behind: Tree, empty: URL) -> None:
    state.execute(empty, "UPDATE users SET password_hash = repeat('h', 60)")
    engine = make_engine(empty)
    with engine.connect() as other:
        other.execute(text("LOCK TABLE posts IN SHARE MODE"))
        time.sleep(11)
        done = own(behind, "preflight")
        assert done.code == 1, done
        told = " ".join(done.out.split())
        assert "In the way: Process " in told
        assert re.search(r"idle in its transaction, has locked posts, for \d\d s\.", told)
        ending = threading.Timer(12, other.rollback)
        ending.start()
        waited = own(behind, "preflight", "--wait", "60")
        ending.join()
    assert waited.code == 0, waited
    assert waited.err.startswith("Waiting: Process ")


def test_a_database_that_does_not_answer(behind: Tree) -> None:
    url = f"postgresql://user:{PASSWORD}@127.0.0.1:9/none"
    done = own(behind, "preflight", DATABASE_URL=url)
    assert done.code == 2, done
    assert PASSWORD not in done.out + done.err
    told = own(behind, "preflight", "--json", DATABASE_URL=url)
    assert told.code == 2, told
    assert "No server answers" in json.loads(told.out)["error"]


def test_rows_are_counted_elsewhere(behind: Tree, empty: URL) -> None:
    place = empty.render_as_string(hide_password=False)
    done = own(behind, "preflight", "--replica", place, "--json")
    assert done.code == 1, done
    assert PASSWORD not in done.out
    assert json.loads(done.out)["replica"]


def test_a_role_that_may_not_read(behind: Tree, empty: URL) -> None:
    role = f"blind_{empty.database}"
    reads = "GRANT SELECT ON alembic_version"
    state.execute(empty, f"CREATE ROLE {role} LOGIN", f"{reads} TO {role}")
    try:
        done = own(behind, "preflight", DATABASE_URL=str(empty.set(username=role)))
        told = " ".join(done.out.split())
        assert "permission denied for table users: GRANT SELECT on it, or pg_read_all_data." in told
    finally:
        state.execute(empty, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_role_that_only_reads(behind: Tree, empty: URL) -> None:
    role = f"reader_{empty.database}"
    state.execute(
        empty,
        f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    )
    try:
        url = empty.set(username=role, password=PASSWORD).render_as_string(hide_password=False)
        done = own(behind, "preflight", DATABASE_URL=url)
        assert done.code == 1, done
        told = " ".join(done.out.split())
        assert "4 rows of users violate the CHECK users_password_hash_check" in told
        with make_engine(empty).connect() as other:
            other.execute(text("SELECT 1"))
            told = " ".join(own(behind, "preflight", DATABASE_URL=url).out.split())
        assert f"GRANT pg_read_all_stats TO {role}." in told
        state.execute(empty, f"REVOKE SELECT ON users FROM {role}")  # noqa: S608  # a name
        told = " ".join(own(behind, "preflight", DATABASE_URL=url).out.split())
        assert "Not known: check users.users_password_hash_check." in told
        assert "permission denied for table users" in told
    finally:
        state.execute(empty, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon", "inf", "1e400", "1e10"])
def test_no_number_of_seconds(behind: Tree, seconds: str) -> None:
    done = own(behind, "preflight", f"--limit={seconds}")
    assert done.code == 2, done
    assert "--limit" in done.err
    assert "Traceback" not in done.err
