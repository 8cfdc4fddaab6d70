"""An upgrade that changes what somebody changed by hand is refused before its first statement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from tests.commands.own import own
from tests.failures.fails import fails

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

REVISION = '''"""{revision}"""
from alembic import op
revision = "{revision}"
down_revision = {down!r}
branch_labels = depends_on = None
def upgrade(): op.execute("""{up}""")
def downgrade(): pass
'''

UP = (
    (
        "CREATE TABLE t (a int, b int); CREATE INDEX t_b ON t (b); CREATE TABLE other (a int); "
        "CREATE VIEW seen AS SELECT 1 AS one; CREATE TYPE mood AS ENUM ('sad'); "
        "CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 2; "
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
        "CREATE TRIGGER noted BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note(); "
        "CREATE SEQUENCE numbers"
    ),
    "ALTER TABLE t ADD c int",
    "CREATE INDEX IF NOT EXISTS t_a ON t (a)",
    "DROP INDEX t_b",
    "ALTER TABLE t ALTER a TYPE bigint",
    "CREATE TABLE u (a int)",
    "DROP TABLE t",
)

# What comes after a table t is gone, of the objects beside it.
BESIDE = (
    "CREATE OR REPLACE VIEW seen AS SELECT 1 AS one, 2 AS two",
    "CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x + x",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "ALTER SEQUENCE numbers CACHE 5",
    "DROP TRIGGER noted ON t",
    "CREATE INDEX mine ON t (a)",
    "ALTER TABLE t ADD CONSTRAINT mine_too UNIQUE (a)",
    "CREATE TYPE late AS ENUM ('x')",
    "CREATE VIEW later AS SELECT 1 AS one",
    "CREATE SCHEMA more",
)


def write(tree: Tree, empty: URL, ups: tuple[str, ...]) -> Tree:
    """Return a tree of revisions with its ledger, and a database at the first one."""
    for file in (*tree.versions.glob("*.py"), *(tree.root / "models").glob("*.py")):
        if file.name not in {"__init__.py", "base.py"}:
            file.unlink()
    for number, up in enumerate(ups, 1):
        down = f"a{number - 1}" if number > 1 else None
        file = tree.versions / f"a{number}.py"
        file.write_text(REVISION.format(revision=f"a{number}", down=down, up=up))
    assert own(tree, "ledger").code == 0
    assert tree.on(empty).alembic("upgrade", "a1").code == 0
    return tree.on(empty)


@pytest.fixture
def small(tree: Tree, empty: URL) -> Tree:
    """A tree with its ledger, and a database at the first revision."""
    return write(tree, empty, UP)


def test_what_stands_beside_tables_stops_it_and_so_does_a_name_that_is_taken(
    tree: Tree, empty: URL
) -> None:
    """Each by itself; -x drift=off would meet the same at its own statement, or overwrite it."""
    small = write(tree, empty, (UP[0], *BESIDE))
    by_hand = {
        "CREATE OR REPLACE VIEW seen AS SELECT 1 AS one, 3 AS three": (
            "a2 changes what somebody changed by hand: view seen (changed)",
            "DROP VIEW seen; CREATE VIEW seen AS SELECT 1 AS one",
        ),
        "CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 3": (
            "a3 changes what somebody changed by hand: function twice(integer) (changed)",
            "CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 2",
        ),
        "ALTER TYPE mood ADD VALUE 'mad'": (
            "a4 changes what somebody changed by hand: enum mood (changed)",
            "DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad')",
        ),
        "DROP SEQUENCE numbers": (
            "a5 changes what somebody changed by hand: sequence numbers (missing)",
            "CREATE SEQUENCE numbers",
        ),
        "ALTER TABLE t DISABLE TRIGGER noted": (
            "a6 changes what somebody changed by hand: trigger noted on t (changed)",
            "ALTER TABLE t ENABLE TRIGGER noted",
        ),
        "CREATE INDEX mine ON other (a)": (
            "a7 changes what somebody changed by hand: index mine (there already)",
            "DROP INDEX mine",
        ),
        "CREATE TABLE mine_too (a int)": (
            "a8 changes what somebody changed by hand: table mine_too (there already)",
            "DROP TABLE mine_too",
        ),
        "CREATE TABLE late (a int)": (
            "a9 changes what somebody changed by hand: table late (there already)",
            "DROP TABLE late",
        ),
        "CREATE SEQUENCE later": (
            "a10 changes what somebody changed by hand: sequence later (there already)",
            "DROP SEQUENCE later",
        ),
        "CREATE SCHEMA more": (
            "a11 changes what somebody changed by hand: schema more (there already)",
            "DROP SCHEMA more",
        ),
    }
    for change, (told, back) in by_hand.items():
        state.execute(empty, change)
        said = fails(small, "upgrade", "head")
        assert said.startswith(f"Revision {told}"), (change, said)
        state.execute(empty, back)
    done = small.alembic("upgrade", "head")
    assert done.code == 0, done
    assert "by hand" not in done.err


# What a revision drops or replaces and makes again as it was, by what it is called.
AGAIN = {
    "view seen": (
        "DROP VIEW seen; ALTER TABLE t ADD again_1 int; CREATE VIEW seen AS SELECT 1 AS one"
    ),
    "function twice(integer)": (
        "CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 2"
    ),
    "trigger noted on t": (
        "DROP TRIGGER noted ON t; ALTER TABLE t ADD again_3 int; "
        "CREATE TRIGGER noted BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()"
    ),
    "index t_b": "DROP INDEX t_b; CREATE INDEX t_b ON t (b)",
    "check constraint few on t": (
        "ALTER TABLE public.t DROP CONSTRAINT few; ALTER TABLE t ADD CONSTRAINT few CHECK (a < 9)"
    ),
    "policy mine on t": (
        "DROP POLICY mine ON t; CREATE POLICY mine ON t USING (true); COMMENT ON TABLE t IS 'x'"
    ),
    'view odd "one%': (
        'DROP VIEW IF EXISTS "odd ""one%" CASCADE; CREATE VIEW "odd ""one%" AS SELECT 1 AS one'
    ),
}


def test_what_a_pending_revision_makes_again_as_it_was_stops_it(tree: Tree, empty: URL) -> None:
    """It would silently undo what was done by hand: the ledger tells of no change there."""
    first = (
        f"{UP[0]}; ALTER TABLE t ADD CONSTRAINT few CHECK (a < 9); "
        'CREATE POLICY mine ON t USING (true); CREATE VIEW "odd ""one%" AS SELECT 1 AS one'
    )
    small = write(tree, empty, (first, *AGAIN.values()))
    by_hand = {
        "view seen": "CREATE OR REPLACE VIEW seen AS SELECT 1 AS one, 3 AS three",
        "function twice(integer)": (
            "CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql RETURN x * 3"
        ),
        "trigger noted on t": "ALTER TABLE t DISABLE TRIGGER noted",
        "index t_b": "DROP INDEX t_b; CREATE INDEX t_b ON t (b DESC)",
        "check constraint few on t": (
            "ALTER TABLE t DROP CONSTRAINT few, ADD CONSTRAINT few CHECK (a < 10)"
        ),
        "policy mine on t": "DROP POLICY mine ON t; CREATE POLICY mine ON t USING (a = 1)",
        'view odd "one%': 'CREATE OR REPLACE VIEW "odd ""one%" AS SELECT 1 AS one, 2 AS two',
    }
    back = {name: sql for name, sql in AGAIN.items() if name != "trigger noted on t"}
    for number, (name, change) in enumerate(by_hand.items(), 2):
        state.execute(empty, change)
        said = fails(small, "upgrade", "head")
        told = f"Revision a{number} changes what somebody changed by hand: {name} (changed)"
        assert said.startswith(told), (change, said)
        undo = back.get(name, "ALTER TABLE t ENABLE TRIGGER noted").replace(
            "ALTER TABLE t ADD again_1 int; ", ""
        )
        state.execute(empty, undo)
    done = small.alembic("upgrade", "head")
    assert done.code == 0, done
    assert "by hand" not in done.err


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [
        ("ALTER TABLE t ADD c int", "a2 changes what somebody changed by hand: column t.c (there"),
        ("CREATE INDEX t_a ON t (b)", "a3 changes what somebody changed by hand: index t_a (there"),
        ("DROP INDEX t_b", "a4 changes what somebody changed by hand: index t_b (missing)"),
        ("ALTER TABLE t ALTER a TYPE text", "a5 changes what somebody changed by hand: column t.a"),
        ("CREATE TABLE u (b int)", "a6 changes what somebody changed by hand: table u (there"),
        ("ALTER TABLE t ADD mine text", "a7 changes what somebody changed by hand: column t.mine"),
        ("DROP TABLE t", "a2 changes what somebody changed by hand: table t (missing)"),
    ],
)
def test_what_a_pending_revision_changes_stops_it(
    small: Tree, empty: URL, by_hand: str, told: str
) -> None:
    state.execute(empty, by_hand)
    said = fails(small, "upgrade", "head")
    assert said.startswith(f"Revision {told}")
    assert said.endswith("alembic-pg drift tells more; -x drift=off lets the run try.")
    plan = small.alembic("-x", "plan", "upgrade", "head")
    assert f"Refused: Revision {told}" in plan.out


@pytest.mark.parametrize(
    "by_hand",
    [
        "CREATE INDEX t_a ON t (a)",
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE other ADD b int",
    ],
)
def test_what_the_revisions_can_do_all_the_same_stops_nothing(
    small: Tree, empty: URL, by_hand: str
) -> None:
    state.execute(empty, by_hand)
    done = small.alembic("upgrade", "head")
    assert done.code == 0, done
    assert "by hand" not in done.err


def test_elsewhere_it_is_a_line(small: Tree, empty: URL) -> None:
    state.execute(empty, "CREATE INDEX mine ON t (a)", "ALTER TABLE t ADD own text")
    line = "Changed by hand, and not in the way: column t.own (there already), index mine (there"
    assert line in small.alembic("-x", "plan", "upgrade", "a4").out
    done = small.alembic("upgrade", "a4")
    assert done.code == 0, done
    assert line in done.out + done.err
    rules = small.root / "alembic" / "drift-ignore"
    rules.write_text("column  public.t.own  ours\nindex  public.mine  ours\n")
    done = small.alembic("upgrade", "head")
    assert done.code == 0, done
    assert "by hand" not in done.out + done.err


def test_what_a_plan_says_of_it_is_in_its_form(small: Tree, empty: URL) -> None:
    state.execute(empty, "CREATE INDEX mine ON t (a)", "ALTER TABLE t ADD c int")
    found = json.loads(own(small, "plan", "a2", "--json").out)
    (remark,), (refusal,) = found["remarks"], found["refusals"]
    assert remark.startswith("Changed by hand, and not in the way: index mine (there already).")
    assert refusal.startswith("Revision a2 changes what somebody changed by hand: column t.c")
    shown = own(small, "plan", "a2", "--markdown").out
    assert "\n**Refused:** Revision a2 changes what somebody changed by hand: column t.c" in shown


def test_an_option_lets_it_pass(small: Tree, empty: URL) -> None:
    state.execute(empty, "ALTER TABLE t ADD mine text")
    assert small.alembic("-x", "drift=off", "upgrade", "head").code == 0


def test_what_cannot_be_told_is_said_by_the_plan(small: Tree, empty: URL) -> None:
    (small.root / "alembic" / "ledger-tables").unlink()
    state.execute(empty, "ALTER TABLE t ADD mine text")
    assert "by hand" not in small.alembic("-x", "plan", "upgrade", "a2").out
    file = small.root / "alembic" / "ledger-tables"
    assert own(small, "ledger").code == 0
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("a2 ")))
    plan = small.alembic("-x", "plan", "upgrade", "a2")
    assert "was changed by hand: alembic-pg ledger writes what that takes." in " ".join(
        plan.out.split()
    )


def test_the_file_follows_the_ledger(small: Tree) -> None:
    file = small.root / "alembic" / "ledger-tables"
    before = file.read_text()
    file.write_text(before.replace("a3 ", "<<<<<<< a3 "))
    assert own(small, "ledger").code == 0
    assert file.read_text() == before
    edited = small.versions / "a6.py"
    edited.write_text(edited.read_text().replace("u (a int)", "u (a int, b int)"))
    assert own(small, "ledger").code == 0
    assert '"column b"' in next(
        line for line in file.read_text().splitlines() if line.startswith("a6 ")
    )
    assert small.alembic("revision", "-m", "next").code == 0
    assert file.read_text().splitlines()[-1].endswith(" {}")


def test_this_project(project: Tree, revisions: tuple[Script, ...], empty: URL) -> None:
    assert project.alembic("upgrade", revisions[3].revision).code == 0
    state.execute(empty, "ALTER TABLE posts ADD published text")
    told = fails(project, "upgrade", "head")
    assert told.startswith(
        f"Revision {revisions[4].revision} changes what somebody changed by hand"
    )
