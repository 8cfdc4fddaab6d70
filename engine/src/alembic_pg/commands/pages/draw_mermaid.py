"""Draw the keys of the models' tables, as Markdown with diagrams in Mermaid's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate import clean_check
from alembic_pg.autogenerate.sides.declared_at import modules_of_tables
from alembic_pg.commands.pages import sources
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.pages.mermaid import mermaid_diagrams

if TYPE_CHECKING:
    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.pages.mermaid import Diagram


def draw(task: AlembicCommand) -> tuple[str, clean_check.FileReads]:
    """Return the diagrams of the models as Markdown, and what the models read."""
    with clean_check.record_file_reads() as watch:
        models = sources.load_wanted_models(task)
    with open_scratch_server(task.root) as databases:
        schema = sources.read_models(task, databases, models)
    modules = {
        (table.schema or "public", table.name): name
        for table, name in modules_of_tables(models.tables).items()
    }
    return "\n".join(map(_block, mermaid_diagrams(schema, modules))), watch


def _block(diagram: Diagram) -> str:
    title = f"`{diagram.title}`\n\n" if diagram.title else ""
    return f"{title}```mermaid\n{diagram.text}```\n"
