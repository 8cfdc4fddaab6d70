"""alembic-pg rebase, in git repositories: this branch's revisions after the other's, proven."""

from __future__ import annotations

import json
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic_pg.commands.ledger import mend_ledger, verify_ledger
from alembic_pg.testing import state
from tests.commands.in_git import begin, commit, git, ledger, lines, lose, write
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.testing.forked import CommandResult
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def execute(sql: str) -> str:
    return f"op.execute({sql!r})"


ADD_X = execute("ALTER TABLE t ADD x int"), execute("ALTER TABLE t DROP x")
ADD_Y = execute("ALTER TABLE t ADD y int"), execute("ALTER TABLE t DROP y")


@pytest.fixture
def forked(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A tree whose main branch has a table t (a int, b int); the branch mine is checked out."""
    begin(tree)
    for name, value in tree.environment.items():
        monkeypatch.setenv(name, value)
    env = tree.root / "alembic" / "env.py"
    env.write_text(env.read_text().replace('"models"', "None"))
    add(tree, ("a4", "a3", execute("CREATE TABLE t (a int, b int)"), execute("DROP TABLE t")))
    git(tree, "switch", "-q", "-c", "mine")
    return tree


def add(tree: Tree, *revisions: tuple[str, str, str, str]) -> None:
    """Commit revisions with their lines of the ledger, each by itself."""
    for one in revisions:
        write(tree, *one)
        mend_ledger(Config(tree.root / "alembic.ini"))
        commit(tree)


def on_main(tree: Tree, *revisions: tuple[str, str, str, str]) -> None:
    git(tree, "switch", "-q", "main")
    add(tree, *revisions)
    git(tree, "switch", "-q", "mine")


def texts(tree: Tree) -> dict[str, str]:
    return {one.name: one.read_text() for one in [*tree.versions.glob("*.py"), ledger(tree)]}


def assert_moved(tree: Tree, done: CommandResult, order: list[str]) -> None:
    """Expect the ledger and the revisions to be in an order, and right."""
    assert (done.code, done.err) == (0, ""), done
    assert [one for _, one, _ in lines(tree)] == ["a1", "a2", "a3", "a4", *order]
    assert "<<<<" not in ledger(tree).read_text()
    assert not verify_ledger(Config(tree.root / "alembic.ini"), base="main").problems


def test_in_the_middle_of_a_merge_with_the_conflict_in_the_ledger(forked: Tree, empty: URL) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    developer = forked.on(empty)
    assert developer.alembic("upgrade", "head").code == 0
    on_main(forked, ("b1", "a4", *ADD_Y))
    assert git(forked, "merge", "main").returncode != 0
    assert "<<<<<<<" in ledger(forked).read_text()
    theirs = (forked.versions / "b1.py").read_text()
    done = own(forked, "rebase")
    assert_moved(forked, done, ["b1", "m1"])
    assert (forked.versions / "b1.py").read_text() == theirs
    assert "m1 (m1): after b1 (b1) now, and not a4 (a4)." in done.out
    assert "Either order builds the same." in done.out
    files = ["alembic/versions/m1.py", "alembic/ledger", "alembic/ledger-tables"]
    then = f"Then: git add {' '.join(files)} && git commit"
    assert then in done.out
    way = "alembic downgrade b1, then alembic stamp a4, then alembic upgrade head"
    assert f"A database that has run m1 before: {way}" in done.out
    again = own(forked, "rebase")
    assert again.out.splitlines() == ["m1 (m1): after b1 (b1) already.", then]
    assert json.loads(own(forked, "rebase", "--json").out)["next"] == then.removeprefix("Then: ")
    told = (
        "This database has run m1 (m1) before alembic-pg rebase moved it, and not b1 (b1), which "
        f"comes before it now: {way}."
    )
    assert said(developer.alembic("upgrade", "head")) == told
    assert told in developer.alembic("current").err
    assert json.loads(own(developer, "plan", "--json").out)["refusals"] == [told]
    assert told in own(developer, "drift").out
    for command in way.split(", then "):
        assert developer.alembic(*command.split()[1:]).code == 0
    assert state.versions(empty) == ["m1"]
    assert developer.alembic("current").err == ""
    columns = state.schema(empty)["TABLE public.t"].create
    assert [one in columns for one in (" x ", " y ")] == [True, True]
    assert git(forked, "add", *files).returncode == 0
    assert own(forked, "rebase").out.splitlines()[-1] == "Then: git commit"
    assert '"column x"' in (ledger(forked).with_name("ledger-tables")).read_text()
    assert git(forked, "commit", "-q", "-m", "x").returncode == 0
    again = own(forked, "rebase")
    assert again.out == "m1 (m1): after b1 (b1) already.\n"


def test_in_a_git_rebase_of_three_revisions_a_side(forked: Tree) -> None:
    adds = [(execute(f"CREATE TABLE u{n} (a int)"), execute(f"DROP TABLE u{n}")) for n in range(6)]
    add(forked, *((f"m{n}", f"m{n - 1}" if n else "a4", *adds[n]) for n in range(3)))
    on_main(forked, *((f"b{n}", f"b{n - 1}" if n else "a4", *adds[3 + n]) for n in range(3)))
    assert git(forked, "rebase", "main").returncode != 0
    for number in range(3):
        done = own(forked, "rebase")
        assert_moved(forked, done, ["b0", "b1", "b2", *(f"m{n}" for n in range(number + 1))])
        if number == 0:
            assert "&& git rebase --continue" in done.out
        git(forked, "add", "-A")
        ended = git(forked, "-c", "core.editor=true", "rebase", "--continue")
        assert (ended.returncode == 0) == (number == 2)
    assert git(forked, "status", "--porcelain").stdout == ""


def test_where_the_order_matters_nothing_is_written_unless_it_is_meant(forked: Tree) -> None:
    kind = "ALTER TABLE t ALTER a TYPE {}"
    add(forked, ("m1", "a4", execute(kind.format("bigint")), execute(kind.format("int"))))
    on_main(forked, ("b1", "a4", execute(kind.format("text")), execute(kind.format("int"))))
    git(forked, "merge", "main")
    before = texts(forked)
    done = own(forked, "rebase")
    assert done.code == 1
    assert "m1 (m1) would come after b1 (b1)." in done.out
    assert texts(forked) == before
    done = own(forked, "rebase", "--anyway", "--json")
    assert done.code == 0
    assert json.loads(done.out)["commute"] is False


def test_what_both_orders_build_otherwise_is_named(forked: Tree) -> None:
    default = "ALTER TABLE t ALTER {} SET DEFAULT {}"
    back = execute("ALTER TABLE t ALTER a DROP DEFAULT, ALTER b DROP DEFAULT")
    check = "ALTER TABLE t DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c CHECK ({})"
    add(
        forked,
        ("m1", "a4", execute(default.format("a", 1)), back),
        ("m2", "m1", execute(check.format("a > 0")), execute("ALTER TABLE t DROP CONSTRAINT c")),
    )
    on_main(
        forked,
        ("b1", "a4", execute(default.format("a", 2)), back),
        ("b2", "b1", execute(check.format("b > 0")), execute("ALTER TABLE t DROP CONSTRAINT c")),
    )
    git(forked, "merge", "main")
    before = texts(forked)
    done = own(forked, "rebase", "--json")
    found = json.loads(done.out)
    assert done.code == 1
    assert (found["commute"], found["moved"], found["written"]) == (False, False, [])
    assert "column t.a" in found["differences"]
    assert any("c" in one.split() or one.endswith(".c") for one in found["differences"]), found
    assert texts(forked) == before
    done = own(forked, "rebase", "--anyway")
    assert_moved(forked, done, ["b1", "b2", "m1", "m2"])
    assert "The order makes a difference to: column t.a" in done.out


def test_a_revision_that_fails_in_its_new_place_is_named(forked: Tree) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    on_main(forked, ("b1", "a4", *ADD_X))
    git(forked, "merge", "main")
    before = texts(forked)
    done = own(forked, "rebase")
    assert done.code == 1
    assert "Revision m1 (m1) fails" in done.out
    assert 'column "x" of relation "t" already exists' in done.out
    assert texts(forked) == before
    done = own(forked, "rebase", "--anyway")
    assert done.code == 0
    assert "Edit m1, then: alembic-pg ledger" in done.out
    write(forked, "m1", "b1", *ADD_Y)
    mend_ledger(Config(forked.root / "alembic.ini"))
    assert not verify_ledger(Config(forked.root / "alembic.ini"), base="main").problems


def test_without_a_ledger_and_with_changes_that_are_not_committed(forked: Tree) -> None:
    ledger(forked).unlink()
    commit(forked)
    git(forked, "branch", "-f", "main", "mine")
    write(forked, "b1", "a4", *ADD_Y)
    git(forked, "switch", "-q", "main")
    commit(forked)
    git(forked, "switch", "-q", "mine")
    write(forked, "m1", "a4", *ADD_X)
    assert "Revision b1 of main is not in this tree yet: git merge main" in said(
        own(forked, "rebase"), code=2
    )
    git(forked, "merge", "-q", "main")
    done = own(forked, "rebase")
    assert done.code == 0, done
    assert "Written: alembic/versions/m1.py\n" in done.out
    assert not ledger(forked).exists()
    assert forked.alembic("heads").out == "m1 (head)\n"


def test_what_has_landed_stays_where_it_is(forked: Tree) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "main")
    told = said(own(forked, "rebase", "mine"), code=2)
    assert "Revision b1 (b1) has landed (main)" in told
    file = forked.versions / "b1.py"
    file.write_text(file.read_text().replace("y int", "y text"))
    told = said(own(forked, "rebase"), code=2)
    assert "Revision b1 (b1) is of main, and its file differs here" in told
    assert "git checkout main -- alembic/versions/b1.py" in told
    assert "git knows no revision nobody" in said(own(forked, "rebase", "nobody"), code=2)


def test_a_revision_that_joins_others_is_not_moved(forked: Tree) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "main")
    ledger(forked).unlink()
    join = write(forked, "j1", ("b1", "m1"))
    told = said(own(forked, "rebase"), code=2)
    assert "Revision j1 (j1) joins b1 and m1" in told
    assert "delete its file" in told
    join.unlink()
    assert own(forked, "rebase").code == 0


def test_a_downgrade_that_leads_back_no_more_is_named(forked: Tree) -> None:
    add(
        forked,
        (
            "m1",
            "a4",
            execute("ALTER TABLE t ALTER b SET DEFAULT 1"),
            execute("DROP TABLE t") + "; " + execute("CREATE TABLE t (a int, b int)"),
        ),
    )
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "main")
    done = own(forked, "rebase")
    assert done.code == 1
    assert "The downgrade of m1 does not lead back there, and does now." in done.out


def test_the_models_are_compared(forked: Tree) -> None:
    env = forked.root / "alembic" / "env.py"
    env.write_text(env.read_text().replace("metadata=None", 'metadata="models"'))
    add(forked, ("m1", "a4", *ADD_X))
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "main")
    done = own(forked, "rebase")
    assert done.code == 1
    assert "The models say otherwise: table t. alembic check shows how." in done.out
    assert [one for _, one, _ in lines(forked)][-2:] == ["b1", "m1"]


def test_a_branch_without_revisions_takes_the_others(forked: Tree) -> None:
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "-q", "main")
    assert own(forked, "rebase").out == "This tree has no revision that main does not have.\n"


def test_a_conflict_in_a_revision_itself_is_a_person_s(forked: Tree) -> None:
    write(forked, "m1", "a4", *ADD_X)
    file = forked.versions / "m1.py"
    file.write_text(f"<<<<<<< HEAD\n{file.read_text()}=======\n>>>>>>> main\n")
    told = said(own(forked, "rebase"), code=2)
    assert "m1.py" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "written",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: f"# coding: latin-1\n# na\xefve\n{text}".encode("latin-1"),
        lambda text: text.replace("\n", "\r").encode(),
    ],
    ids=["byte order mark", "latin-1", "old Macintosh"],
)
def test_a_file_keeps_its_encoding_and_its_line_ends(
    forked: Tree, written: Callable[[str], bytes]
) -> None:
    file = write(forked, "m1", "a4", *ADD_X)
    text = file.read_text().replace('"""m1"""', '"""m1\n\nRevises: a4\n"""')
    file.write_bytes(written(text))
    mend_ledger(Config(forked.root / "alembic.ini"))
    commit(forked)
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "main")
    done = own(forked, "rebase")
    assert (done.code, done.err) == (0, ""), done
    assert file.read_bytes() == written(text.replace("a4", "b1"))


def test_a_landed_file_with_another_name_is_called_by_its_old_one(forked: Tree) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    git(forked, "mv", "alembic/versions/a4.py", "alembic/versions/new name.py")
    told = said(own(forked, "rebase"), code=2)
    way = "git checkout main -- alembic/versions/a4.py && git rm -f 'alembic/versions/new name.py'"
    assert f"where its file is called alembic/versions/a4.py: take that back ({way})" in told
    for command in way.split(" && "):
        assert git(forked, *shlex.split(command)[1:]).returncode == 0
    assert own(forked, "rebase").code == 0


def test_where_git_cannot_be_asked_that_is_said(forked: Tree) -> None:
    shutil.rmtree(forked.root / ".git")
    folder = forked.root / "alembic"
    why = f"git cannot be asked in {folder}: not a git repository"
    for command in (["rebase"], ["rebase", "main"], ["ledger", "--verify", "main"]):
        assert why in said(own(forked, *command), code=2)
    told = said(own(forked, "rebase", PATH="/nowhere"), code=2)
    assert told == "git is not found: install it, or add it to PATH."


def test_where_git_cannot_read_what_has_landed_nothing_is_moved(forked: Tree) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    on_main(forked, ("b1", "a4", *ADD_Y))
    git(forked, "merge", "main")
    before = texts(forked)
    lose(forked.root, "alembic/versions/a4.py")
    done = own(forked, "rebase")
    assert (done.code, done.out) == (2, ""), done
    assert done.err.startswith("FAILED: git cannot tell what is in "), done
    assert texts(forked) == before


def test_what_else_is_in_conflict_is_named(forked: Tree) -> None:
    notes = forked.root / "notes"
    for branch, revision in (("mine", ("m1", "a4", *ADD_X)), ("main", ("b1", "a4", *ADD_Y))):
        git(forked, "switch", "-q", branch)
        notes.write_text(branch)
        add(forked, revision)
    git(forked, "switch", "-q", "mine")
    git(forked, "merge", "main")
    assert "Still in conflict for git: notes\nThen: git add " in own(forked, "rebase").out


def test_an_edited_revision_that_a_database_has_run_is_a_warning(forked: Tree, empty: URL) -> None:
    add(forked, ("m1", "a4", *ADD_X))
    developer = forked.on(empty)
    assert developer.alembic("upgrade", "head").code == 0
    write(forked, "m1", "a4", *ADD_Y)
    mend_ledger(Config(forked.root / "alembic.ini"))
    told = "The last run here led to another state than the ledger has for m1: that revision, or"
    for command in (("upgrade", "head"), ("current",)):
        done = developer.alembic(*command)
        assert done.code == 0
        assert told in done.err
