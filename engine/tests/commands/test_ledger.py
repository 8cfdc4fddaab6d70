"""alembic-pg ledger: what each revision builds, kept, verified, and refused where it changed."""

from __future__ import annotations

import json
import re
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from tests.commands.in_git import begin, commit, git, ledger, lines, lose, write
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

# A server that nobody can reach: who asks for one fails.
NO_SERVER = {"SHADOW_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}


@pytest.fixture
def small(tree: Tree) -> Tree:
    """A tree of three revisions and no models, committed on main, with its ledger."""
    begin(tree)
    return tree


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_each_line_begins_where_the_one_before_ends(small: Tree) -> None:
    (start, *_), *_, (_, last, end) = lines(small)
    assert [one for _, one, _ in lines(small)] == ["a1", "a2", "a3"]
    assert [after for *_, after in lines(small)][:2] == [before for before, *_ in lines(small)][1:]
    assert (last, end) == ("a3", start)  # it drops what there was


def test_where_nothing_changed_no_server_is_asked(small: Tree) -> None:
    for arguments in (["ledger"], ["ledger", "--verify"], ["ledger", "--verify", "main"]):
        done = own(small, *arguments, **NO_SERVER)
        assert (done.code, done.err) == (0, ""), done
    (small.root / ".postgres" / "ledger.json").unlink()
    assert own(small, "ledger", "--verify", "main", **NO_SERVER).code == 0
    assert own(small, "ledger", "--verify", **NO_SERVER).code == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [("CREATE INDEX i ON t (a)", "CREATE  INDEX i  ON t(a)"), ('"""a2"""', '"""b"""')],
)
def test_another_text_of_the_same_effect_is_no_edit(small: Tree, old: str, new: str) -> None:
    edit(small.versions / "a2.py", old, new)
    assert own(small, "ledger", "--verify", "main").code == 0
    assert small.alembic("check").code == 0


def test_an_edit_is_named_by_check_and_by_verify(small: Tree) -> None:
    edit(small.versions / "a2.py", "(a)", "(a DESC)")
    told = "Revision a2 (a2) builds something else than the ledger says"
    assert told in said(small.alembic("check"))
    done = own(small, "ledger", "--verify", "--json")
    assert done.code == 1
    (problem,) = json.loads(done.out)["problems"]
    assert (problem["kind"], problem["revision"]) == ("edited", "a2")
    assert own(small, "ledger", "--verify", "main").code == 1
    # It is on the main branch: the ledger does not give way to it.
    refused = own(small, "ledger")
    assert refused.code == 2
    assert "would change in the ledger: a2" in said(refused, code=2)
    done = own(small, "ledger", "--landed")
    assert done.code == 0, done
    assert small.alembic("check").code == 0
    told = own(small, "ledger", "--verify", "main").out
    assert told.startswith("Revision a2 (a2) builds something else")


def test_what_is_new_on_a_branch_may_be_edited(small: Tree) -> None:
    git(small, "switch", "-q", "-c", "mine")
    file = write(small, "b1", "a3", "op.execute('CREATE TABLE u (a int)')")
    assert "Revision b1 (b1) is not in the ledger" in said(small.alembic("check"))
    assert "1 line written" in own(small, "ledger").out
    commit(small)
    edit(file, "a int", "a bigint")
    assert "Revision b1 (b1) builds something else" in said(small.alembic("check"))
    assert "1 line written" in own(small, "ledger").out
    done = own(small, "ledger", "--verify", "main")
    assert (done.code, done.err) == (0, ""), done


def test_a_removed_revision_is_named(small: Tree) -> None:
    (small.versions / "a3.py").unlink()
    told = "Revision a3 stands in the ledger, and its file is gone"
    assert told in said(small.alembic("check"))
    edit(ledger(small), "\n".join(" -> ".join(one) for one in lines(small)[2:]) + "\n", "")
    told = "Revision a3 has landed (main), and is gone here"
    assert told in own(small, "ledger", "--verify", "main").out
    assert "would change in the ledger: a3" in said(own(small, "ledger"), code=2)


def test_a_revision_that_moved_is_named(small: Tree) -> None:
    edit(small.versions / "a3.py", "'a2'", "'a1'")
    edit(small.versions / "a2.py", "'a1'", "'a3'")
    edit(small.versions / "a3.py", "DROP TABLE t", "ALTER TABLE t ADD b int")
    told = said(small.alembic("check"))
    assert "Revision a3 (a3) comes after a1 now" in told


def test_two_heads_are_named(small: Tree) -> None:
    write(small, "b1", "a3")
    write(small, "b2", "a3")
    assert "2 heads" in said(small.alembic("check"))
    assert "There are 2 heads: b1 (b1) and b2 (b2)" in own(small, "ledger", "--verify").out


def test_branches_conflict_in_the_ledger_and_it_says_the_cure(small: Tree) -> None:
    for branch, revision in (("one", "b1"), ("two", "b2")):
        git(small, "switch", "-q", "-c", branch, "main")
        assert small.alembic("revision", "--rev-id", revision, "-m", branch).code == 0
        assert lines(small)[-1][1] == revision
        commit(small)
    assert git(small, "merge", "one").returncode != 0
    assert "alembic/ledger" in git(small, "diff", "--name-only", "--diff-filter=U").stdout
    assert "# A conflict here" in ledger(small).read_text()
    (file,) = small.versions.glob("*b2*.py")
    # Python takes a file of the same length and second for the one that it has compiled.
    Path(cache_from_source(str(file))).unlink(missing_ok=True)
    file.write_text(re.sub(r"(?m)^(down_revision\b.*)a3", r"\1b1", file.read_text()))
    assert "is a conflict" in said(small.alembic("check"))
    assert own(small, "ledger").code == 0
    assert [one for _, one, _ in lines(small)] == ["a1", "a2", "a3", "b1", "b2"]
    assert small.alembic("check").code == 0
    assert own(small, "ledger", "--verify", "one").code == 0


def test_a_base_that_went_on_is_to_be_merged(small: Tree) -> None:
    git(small, "switch", "-q", "-c", "mine")
    git(small, "switch", "-q", "main")
    small.alembic("revision", "--rev-id", "b1", "-m", "x")
    commit(small)
    git(small, "switch", "-q", "mine")
    done = own(small, "ledger", "--verify", "main")
    assert done.code == 1
    assert "Revision b1 of main is not in this tree yet: merge main." in done.out


def test_new_revisions_have_their_lines(small: Tree) -> None:
    (small.root / "models" / "u.py").write_text(
        "from sqlalchemy.orm import Mapped, mapped_column\nfrom models.base import Base\n"
        "class U(Base):\n    __tablename__ = 'u'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    assert small.alembic("revision", "--autogenerate", "-m", "u").code == 0
    before, _, after = lines(small)[-1]
    assert len(lines(small)) == 4
    assert before != after
    assert small.alembic("check").code == 0
    assert small.alembic("revision", "--rev-id", "c1", "-m", "nothing", **NO_SERVER).code == 0
    assert lines(small)[-1] == (after, "c1", after)
    head = ("revision", "--head", lines(small)[-2][1], "--splice", "--rev-id", "c2", "-m", "x")
    assert small.alembic(*head).code == 0
    assert small.alembic("merge", "--rev-id", "m1", "-m", "x", "c1", "c2").code == 0
    assert [states for states in lines(small)[-1] if states != after] == ["m1"]
    assert own(small, "ledger", "--verify").code == 0


def test_new_revisions_of_a_program_have_their_lines(
    small: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in small.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(small.root)
    metadata = "__import__('sqlalchemy').MetaData()"
    edit(small.root / "alembic" / "env.py", '"models"', metadata)
    write(small, "b1", "a3", "op.execute('CREATE TABLE u (a int)')")
    assert own(small, "ledger").code == 0
    command.revision(Config(small.root / "alembic.ini"), "u goes", autogenerate=True)
    assert lines(small)[-1][0] == lines(small)[-2][2]
    assert lines(small)[-1][2] == lines(small)[0][0]


def test_without_a_ledger_nothing_is_refused(small: Tree) -> None:
    ledger(small).unlink()
    edit(small.versions / "a2.py", "(a)", "(a DESC)")
    assert small.alembic("check").code == 0
    assert small.alembic("revision", "-m", "x").code == 0
    assert not ledger(small).exists()
    assert "alembic-pg ledger writes it" in said(own(small, "ledger", "--verify"), code=2)


def test_a_new_line_that_cannot_be_built_is_told(small: Tree) -> None:
    text = re.sub(r"postgresql \d+", "postgresql 99", ledger(small).read_text())
    ledger(small).write_text(text)
    write(small, "b1", "a3")
    write(small, "b2", "a3")
    done = small.alembic("merge", "--rev-id", "m1", "-m", "x", "b1", "b2")
    assert done.code == 0
    assert "The ledger has no line for revision m1 yet" in done.err
    assert "alembic-pg ledger writes it" in done.err
    assert "name a server of version 99" in said(own(small, "ledger"), code=2)


def test_a_git_revision_that_is_not_there(small: Tree) -> None:
    assert "git knows no revision nobody" in said(
        own(small, "ledger", "--verify", "nobody"), code=2
    )


def test_where_git_cannot_read_what_has_landed_that_is_said(small: Tree) -> None:
    """Nothing was taken for landed, and so a landed line was written anew."""
    lose(small.root, "alembic/ledger")
    for arguments in (("--verify", "main"), ()):
        done = own(small, "ledger", *arguments)
        assert (done.code, done.out) == (2, ""), done
        assert "git cannot tell what is in " in done.err, done
        assert "Traceback" not in done.err
