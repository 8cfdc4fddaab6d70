"""alembic-pg mermaid: the diagram of a Markdown file is that of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.own import own

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree


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
