"""Models and revisions that end the process, or that run nothing: the exit code is never 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.failures.fails import fails

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree

REVISION = """
from alembic import op
revision = "b1"
down_revision = "{down}" or None
{top}
{define} upgrade():
    op.execute("CREATE TABLE made (id int)")
    {end}
def downgrade(): pass
"""
UNCHANGED = "the database is as it was before it."
ENDS = {
    "sys.exit(0)": ("def", "import sys; sys.exit(0)", "it ends the process, sys.exit(0)"),
    "sys.exit(text)": ("def", "raise SystemExit('no')", "it ends the process, sys.exit('no')"),
    "yield": ("def", "yield", "its function has yield or async in it, so nothing of it runs"),
    "async": ("async def", "", "its function has yield or async in it, so nothing of it runs"),
}


def write_revision(tree: Tree, down: str, define: str, end: str, top: str = "") -> None:
    text = REVISION.format(down=down, define=define, end=end, top=top)
    (tree.versions / "b1.py").write_text(text)


@pytest.mark.parametrize("module", ["import sys\nsys.exit(0)\n", "raise SystemExit\n"])
@pytest.mark.parametrize("command", [("check",), ("revision", "--autogenerate", "-m", "x")])
def test_a_model(tree: Tree, command: tuple[str, ...], module: str) -> None:
    (tree.root / "models" / "tool.py").write_text(module)
    assert fails(tree, *command).startswith("models.tool cannot be imported: SystemExit: ")


@pytest.mark.parametrize("end", ENDS)
def test_a_revision_that_runs(tree_at_head: Tree, revisions: tuple[Script, ...], end: str) -> None:
    define, last, sentence = ENDS[end]
    write_revision(tree_at_head, revisions[-1].revision, define, last)
    told = fails(tree_at_head, "upgrade", "head")
    assert told.startswith("Revision b1 fails: ")
    assert told.endswith(f": {sentence}; {UNCHANGED}")


@pytest.mark.parametrize("end", ENDS)
def test_a_revision_that_is_tried(tree: Tree, revisions: tuple[Script, ...], end: str) -> None:
    define, last, sentence = ENDS[end]
    write_revision(tree, revisions[-1].revision, define, last)
    assert sentence in fails(tree, "check")


@pytest.mark.parametrize("end", ENDS)
def test_a_revision_that_is_planned(
    tree_at_head: Tree, revisions: tuple[Script, ...], end: str
) -> None:
    define, last, sentence = ENDS[end]
    write_revision(tree_at_head, revisions[-1].revision, define, last)
    assert fails(tree_at_head, "-x", "plan", "upgrade", "head") == (
        f"Revision b1 would fail: {sentence}."
    )


@pytest.mark.parametrize("command", [("upgrade", "head"), ("check",)])
def test_a_file(
    tree_at_head: Tree, revisions: tuple[Script, ...], command: tuple[str, ...]
) -> None:
    top = "import sys; sys.exit(0)"
    write_revision(tree_at_head, revisions[-1].revision, "def", "pass", top)
    assert fails(tree_at_head, *command) == (
        "alembic/versions/b1.py fails: it ends the process, sys.exit(0). Correct it and run again."
    )


@pytest.mark.parametrize("command", [("upgrade", "head"), ("check",)])
def test_a_revision_without_its_function(
    tree_at_head: Tree, revisions: tuple[Script, ...], command: tuple[str, ...]
) -> None:
    text = f'revision = "b1"\ndown_revision = "{revisions[-1].revision}"\n'
    (tree_at_head.versions / "b1.py").write_text(text)
    assert fails(tree_at_head, *command) == (
        "alembic/versions/b1.py has no upgrade(): "
        "write it; where there is nothing to do, with pass."
    )


def test_the_first_revision_of_all(tree: Tree) -> None:
    define, last, sentence = ENDS["yield"]
    for file in tree.versions.glob("*.py"):
        file.unlink()
    write_revision(tree, "", define, last)
    assert sentence in fails(tree, "upgrade", "head")
    written = tree.alembic("upgrade", "head", "--sql")
    assert (written.code, sentence in written.err) == (1, True)
