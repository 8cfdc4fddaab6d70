"""alembic-pg drift: what somebody changed by hand, and nothing else is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import run_lock
from alembic_pg.database.connect import make_engine
from alembic_pg.database.server_features import TRANSACTION_TIMEOUT_SINCE as SEVENTEEN
from alembic_pg.testing import state
from alembic_pg.testing.tree import PASSWORD
from sqlalchemy import text
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.script import Script
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

HAND = (
    "ALTER TABLE votes ADD COLUMN note text",
    "DROP INDEX votes_post_id_idx",
    "CREATE TABLE copies (id int)",
)


def test_none(at_head: Tree) -> None:
    done = own(at_head, "drift")
    assert (done.code, done.err) == (0, ""), done
    assert done.out.rstrip().endswith("(let the api in): no drift.")
    assert PASSWORD not in done.out
    assert " on this machine as " in done.out


def test_what_was_done_by_hand(at_head: Tree, database: URL) -> None:
    state.execute(database, *HAND)
    before = state.read_state(at_head)
    done = own(at_head, "drift")
    assert (done.code, done.err) == (1, ""), done
    first, _, *rows = done.out.splitlines()
    assert first.endswith(": 3 objects differ from what the revisions build.")
    assert [row.split() for row in rows] == [
        ["missing", "index", "votes_post_id_idx"],
        ["extra", "column", "votes.note"],
        ["extra", "table", "copies"],
    ]
    assert "+note text" in own(at_head, "drift", "--diff").out
    assert state.read_state(at_head) == before


def test_pending_revisions_are_no_drift(
    project: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    assert project.alembic("upgrade", revisions[3].revision).code == 0
    done = own(project, "drift")
    assert done.code == 0, done
    assert f", {len(revisions) - 4} pending: no drift." in done.out
    state.execute(empty, "ALTER TABLE posts ADD COLUMN note text")
    assert "column posts.note" in own(project, "drift").out


def test_as_json(at_head: Tree, database: URL) -> None:
    state.execute(database, *HAND[:2])
    done = own(at_head, "drift", "--json")
    assert done.code == 1, done
    found = json.loads(done.out)
    assert found["format"] == 1
    assert [(one["change"], one["name"]) for one in found["differences"]] == [
        ("missing", "votes_post_id_idx"),
        ("extra", "votes.note"),
    ]
    assert PASSWORD not in done.out


def test_what_is_ignored_is_counted(tree_at_head: Tree, database: URL) -> None:
    state.execute(database, HAND[2])
    rules = tree_at_head.root / "alembic" / "drift-ignore"
    rules.write_text("table  public.cop*  the administrator's copies\n")
    done = own(tree_at_head, "drift")
    assert (done.code, done.out.splitlines()[-1].partition(": ")[2]) == (0, "no drift (1 ignored).")
    (ignored,) = json.loads(own(tree_at_head, "drift", "--json").out)["ignored"]
    assert ignored["reason"] == "the administrator's copies"


def test_what_a_dead_run_left_is_unfinished(at_head: Tree, database: URL) -> None:
    state.execute(
        database,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'votes_post_id_idx'::regclass",
    )
    done = own(at_head, "drift")
    assert "Unfinished: index votes_post_id_idx is INVALID" in done.out


def test_what_a_half_done_revision_has_made_is_no_drift(
    project: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    before, made = revisions[1].revision, revisions[2].revision
    assert project.alembic("upgrade", made).code == 0
    state.execute(
        empty,
        f"UPDATE alembic_version SET version_num = '{before}'",  # noqa: S608  # an id
        "ALTER TABLE posts ADD COLUMN note text",
    )
    told = own(project, "drift").out
    assert "table users" in told
    assert "column posts.note" in told
    note = json.dumps({"half_done": {"revision": made, "direction": "upgrade"}})
    escaped = note.replace(":", "\\:")  # it is no parameter
    state.execute(empty, f"COMMENT ON TABLE alembic_version IS '{escaped}'")
    told = own(project, "drift").out
    assert f"Unfinished: the upgrade of revision {made} is half done" in told
    assert "users" not in told
    assert "column posts.note" in told


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
            "The database is empty: alembic upgrade head builds it.",
        ),
        (
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE other (a int)",
            "The database has no revision in its alembic_version, and no table that the revisions",
        ),
        (
            "UPDATE alembic_version SET version_num = 'abc'",
            "The database is at revision abc, which this tree does not have",
        ),
    ],
)
def test_what_cannot_be_told(at_head: Tree, database: URL, before: str, told: str) -> None:
    state.execute(database, before)
    assert told in said(own(at_head, "drift"), code=2)
    done = own(at_head, "drift", "--json")
    assert done.code == 2
    assert told in json.loads(done.out)["error"]


def test_a_database_that_lost_its_version_is_compared_with_the_nearest_revision(
    project: Tree, revisions: tuple[Script, ...], empty: URL
) -> None:
    """All that differs is told, not the first three."""
    at = revisions[4].revision
    assert project.alembic("upgrade", at).code == 0
    state.execute(empty, "DROP TABLE alembic_version")
    done = own(project, "drift")
    assert (done.code, done.err) == (1, ""), done
    assert done.out.rstrip().endswith(f"and equals revision {at}: alembic stamp {at}")
    state.execute(empty, *(f"CREATE TABLE copy{number} (id int)" for number in range(5)))
    found = json.loads(own(project, "drift", "--json").out)
    assert [one["name"] for one in found["differences"]] == [f"copy{n}" for n in range(5)]
    assert (found["lost"], found["revisions"]) == (True, [])
    (remark,) = found["remarks"]
    assert f"alembic stamp {at}" in remark


def test_beside_a_run_nothing_is_told(at_head: Tree, database: URL) -> None:
    engine = make_engine(database)
    with engine.connect() as connection:
        connection.scalar(text("SELECT pg_advisory_lock(:key)"), {"key": run_lock.KEY})
        assert "A run is at work on this database" in said(own(at_head, "drift"), code=2)


def test_a_table_that_stays_locked_is_not_waited_for(at_head: Tree, database: URL) -> None:
    engine = make_engine(database)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE votes IN ACCESS EXCLUSIVE MODE"))
        assert "votes" in said(own(at_head, "drift"), code=2)


def test_the_least_rights(at_head: Tree, database: URL, databases: ScratchServer) -> None:
    """docs/drift.md says so: pg_maintain since 17, which reads no row; pg_read_all_data before."""
    reads = "pg_maintain" if databases.version >= SEVENTEEN else "pg_read_all_data"
    state.execute(
        database,
        "DO $$ BEGIN CREATE ROLE looks_only LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
        f"GRANT {reads} TO looks_only",
    )
    tree = at_head.on(database.set(username="looks_only"))
    if databases.version >= SEVENTEEN:
        told = said(own(tree, "drift"), code=2)
        assert "GRANT SELECT ON alembic_version" in told
    state.execute(database, "GRANT SELECT ON alembic_version TO looks_only", *HAND)
    done = own(tree, "drift")
    assert done.code == 1, done
    assert " as looks_only, " in done.out
    assert "3 objects differ" in done.out


def test_who_may_only_read_sees_all(at_head: Tree, database: URL) -> None:
    """A replica takes no write, and neither does this session."""
    state.execute(
        database,
        "DO $$ BEGIN CREATE ROLE reads_only LOGIN SUPERUSER; "
        "EXCEPTION WHEN duplicate_object THEN END $$",
        "ALTER ROLE reads_only SET default_transaction_read_only = on",
        *HAND,
    )
    tree = at_head.on(database.set(username="reads_only"))
    done = own(tree, "drift")
    assert (done.code, done.err) == (1, ""), done
    assert "3 objects differ" in done.out


ROLE = "DO $$ BEGIN CREATE ROLE {0}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"


def test_who_owns_what_and_who_may_use_public(at_head: Tree, database: URL, tmp_path: Path) -> None:
    """An owner is compared with that of most objects; what takes it back is written."""
    state.execute(
        database,
        ROLE.format("drift_other"),
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "ALTER TABLE votes OWNER TO drift_other",
        "ALTER VIEW post_scores OWNER TO drift_other",
    )
    done = own(at_head, "drift", "--json")
    assert done.code == 1, done
    found = json.loads(done.out)["differences"]
    assert [(one["change"], one["kind"], one["object"]) for one in found] == [
        ("changed", "grants", "grants on schema public"),
        ("changed", "owner", "owner role of table votes"),
        ("changed", "owner", "owner role of view post_scores"),
    ]
    assert "+GRANT CREATE ON SCHEMA public TO PUBLIC" in own(at_head, "drift", "--diff").out
    back = tmp_path / "back.sql"
    done = own(at_head, "drift", "--back", str(back))
    assert done.code == 0, done
    assert "It destroys nothing." in done.out
    assert own(at_head, "psql", "-q", "-f", str(back)).code == 0
    assert own(at_head, "drift").code == 0
    state.execute(database, "REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    assert "grants on schema public" in own(at_head, "drift").out


def test_an_owner_that_a_revision_names_is_none(tree: Tree, empty: URL) -> None:
    """With a ledger the state is enough to see it, and without one what the revisions build."""
    head = tree.alembic("heads").out.split()[0]
    file = tree.versions / "owner.py"
    text_of = (
        "from alembic import op\nrevision = 'abc'\ndown_revision = '{}'\n"
        "def upgrade():\n    op.execute('ALTER TABLE votes OWNER TO drift_other')\n"
        "    op.execute('GRANT USAGE ON SCHEMA public TO drift_other')\n"
        "def downgrade():\n    op.execute('ALTER TABLE votes OWNER TO CURRENT_USER')\n"
        "    op.execute('REVOKE USAGE ON SCHEMA public FROM drift_other')\n"
    )
    file.write_text(text_of.format(head))
    state.execute(empty, ROLE.format("drift_other"))
    assert own(tree, "ledger").code == 0
    assert tree.alembic("upgrade", "head").code == 0
    done = own(tree, "drift", "--json")
    assert (done.code, json.loads(done.out)["compared"]) == (0, "state"), done
    state.execute(empty, "ALTER TABLE votes OWNER TO CURRENT_USER")
    found = json.loads(own(tree, "drift", "--json").out)
    assert [one["object"] for one in found["differences"]] == ["owner role of table votes"]
    state.execute(empty, "ALTER TABLE votes OWNER TO drift_other")
    (tree.root / "alembic" / "ledger").unlink()
    done = own(tree, "drift", "--json")
    assert (done.code, json.loads(done.out)["compared"]) == (0, "built"), done


def test_what_is_not_compared_is_named(at_head: Tree, database: URL) -> None:
    name = database.database
    state.execute(
        database,
        f"ALTER DATABASE {name} SET work_mem = '64MB'",
        f"COMMENT ON DATABASE {name} IS 'of production'",
        ROLE.format("drift_other"),
        f"GRANT CONNECT, CREATE ON DATABASE {name} TO drift_other",
        f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC",
        "ALTER TABLE alembic_version ADD COLUMN note text",
        "GRANT SELECT, INSERT ON alembic_version TO PUBLIC",
    )
    done = own(at_head, "drift")
    assert done.code == 0, done
    notes = "its comment, CONNECT, CREATE to drift_other, TEMPORARY from PUBLIC"
    assert done.out.splitlines()[1:] == [
        "Not compared: settings of the database (work_mem).",
        f"Not compared: what is by hand on the database itself ({notes}).",
        "Not compared: what is by hand on alembic_version (column note, INSERT to PUBLIC).",
    ]


OF_DATABASE = """
DO $$ BEGIN
  EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'by a revision');
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO drift_other', current_database());
END $$
"""


def test_what_a_revision_says_of_its_database_is_no_difference(tree: Tree, empty: URL) -> None:
    """Each database of the history has another name."""
    state.execute(empty, ROLE.format("drift_other"))
    head = tree.alembic("heads").out.split()[0]
    (tree.versions / "of_database.py").write_text(
        f"from alembic import op\nrevision = 'abc'\ndown_revision = '{head}'\n"
        f"def upgrade():\n    op.execute({OF_DATABASE!r})\ndef downgrade():\n    pass\n"
    )
    assert own(tree, "ledger").code == 0
    assert tree.alembic("upgrade", "head").code == 0
    assert tree.alembic("check").code == 0
    assert own(tree, "drift").code == 0
    assert own(tree, "ledger", "--verify").code == 0


def test_an_empty_alembic_version_is_something(at_head: Tree, database: URL) -> None:
    state.execute(database, "DELETE FROM alembic_version")
    done = own(at_head, "drift")
    assert done.code == 1, done
    assert "no drift" not in done.out
    assert ": only its revision is missing.\n" in done.out
