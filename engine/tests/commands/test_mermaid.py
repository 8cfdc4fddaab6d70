"""alembic-pg mermaid: the diagram of a Markdown file is that of the models."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from alembic_pg.testing.forked import run_process
from tests.commands.own import own

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree


PROBE = """
import atexit, json, runpy, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.__stderr__))
sys.argv = ["alembic-pg", *sys.argv[1:]]
runpy.run_module("alembic_pg", run_name="__main__")
"""

# What starts the embedded server.
SERVER = "alembic_pg.embedded.server"


TAGS = """
from sqlalchemy import Column, Integer, Table
from models.base import Base

tags = Table("tags", Base.metadata, Column("id", Integer, primary_key=True))
"""


def test_a_file_keeps_its_diagram(project: Tree, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("Before\n<!-- alembic-pg mermaid -->\nold\n<!-- end -->\nAfter\n")
    old = own(project, "mermaid", str(file), "--check")
    assert (old.code, old.err) == (1, ""), old
    assert old.out == f"{file} has an old diagram: alembic-pg mermaid {file} writes it.\n"
    assert own(project, "mermaid", str(file)).code == 0
    text = file.read_text()
    assert text.startswith("Before\n<!-- alembic-pg mermaid -->\n```mermaid\nerDiagram\n")
    assert text.endswith("```\n<!-- end -->\nAfter\n")
    assert 't0["posts"]' in text
    assert own(project, "mermaid", str(file), "--check").code == 0


def test_a_file_without_a_place_for_it(project: Tree, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("Nothing\n")
    done = own(project, "mermaid", str(file))
    assert done.code
    assert "has no place for the diagram" in done.err
    assert file.read_text() == "Nothing\n"
    assert "cannot be read" in own(project, "mermaid", str(tmp_path / "none.md")).err


def test_of_unchanged_models_no_server_is_started(tree: Tree) -> None:
    file = tree.root / "README.md"
    file.write_text("<!-- alembic-pg mermaid -->\n<!-- end -->\n")
    first, second = (loaded_by(tree, "mermaid", str(file)) for _ in range(2))
    assert SERVER in first
    assert SERVER not in second
    assert "alembic_pg.commands.pages.draw_mermaid" not in second

    (tree.root / "models" / "tags.py").write_text(TAGS)
    old = own(tree, "mermaid", "--check", str(file))
    assert (old.code, old.err) == (1, ""), old


def loaded_by(tree: Tree, *arguments: str) -> set[str]:
    """Return the modules that a command has loaded, on the embedded server of a tree."""
    command = [sys.executable, "-c", PROBE, *arguments]
    done = run_process(command, tree.root, tree.variables(SHADOW_DATABASE_URL=""))
    assert done.code == 0, done.err
    return set(json.loads(done.err.splitlines()[-1]))


def test_one_file_without_a_place_leaves_the_others_as_they_are(
    project: Tree, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("<!-- alembic-pg mermaid -->\n<!-- end -->\n")
    bad.write_text("Nothing\n")
    assert own(project, "mermaid", str(good), str(bad)).code
    assert good.read_text() == "<!-- alembic-pg mermaid -->\n<!-- end -->\n"
