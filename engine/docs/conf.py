"""How Sphinx builds the documentation: nox -s docs, into site/, for reading offline."""

from __future__ import annotations

from pathlib import Path

project = "alembic-pg"
copyright = "the authors of alembic-pg"  # noqa: A001  # Sphinx calls it so
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
nitpicky = True
exclude_patterns = ["_build"]
# The matrix's row names are longer than a heading, and a diff of a page need not parse.
suppress_warnings = ["misc.highlighting_failure"]

# The tutorial is the schema project's own first page; Sphinx takes pages of this folder only.
_TUTORIAL = Path(__file__).parents[2] / "docs" / "first-revision.md"
_text = _TUTORIAL.read_text(encoding="utf-8")
_own = (
    _text.replace("[README](../README.md)", "README of the schema project")
    .replace("](pictures/", "](../../docs/pictures/")
    .replace("```mermaid\n", "```text\n")
)
_page = Path(__file__).with_name("tutorial.md")
if not _page.exists() or _page.read_text(encoding="utf-8") != _own:
    _page.write_text(_own, encoding="utf-8")
