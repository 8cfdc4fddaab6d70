"""Render the pages of a schema: what each file holds, by its path."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_pg.console import status
from alembic_pg.errors import UserError
from alembic_pg.pages import names
from alembic_pg.pages.changes import Changes
from alembic_pg.pages.diagram import graphviz, svg
from alembic_pg.pages.diagram.neighbourhood import MOST_DRAWN, neighbourhood_graph
from alembic_pg.pages.diagram.overview import part_graph, plan_overview, prepare_drawing
from alembic_pg.pages.history import History
from alembic_pg.pages.search_index import column_anchor, search_entries

if TYPE_CHECKING:
    from jinja2 import Environment

    from alembic_pg.pages.diagram.overview import Drawing, Overview
    from alembic_pg.pages.schema import Schema

_HERE = Path(__file__).parent

_KILO = 1024

# Files that are copied as they stand.
_ASSETS = ("style.css", "script.js")


@dataclass(frozen=True)
class Site:
    """Hold what the pages are made of.

    title: of every page. source: of what the pages are, in a few words. changes: what differs
    from an earlier revision, where the pages are about that; compared: whether they are.
    """

    title: str
    source: str
    schema: Schema
    history: History = field(default_factory=History)
    changes: Changes = field(default_factory=Changes)
    compared: bool = False

    @property
    def counts(self) -> str:
        """How many tables, views, functions and revisions there are, in words."""
        counted = {
            "table": self.schema.tables,
            "view": self.schema.views,
            "function": self.schema.functions,
            "revision": self.history.revisions,
        }
        words = (
            f"{len(some)} {word}{'' if len(some) == 1 else 's'}"
            for word, some in counted.items()
            if some
        )
        return ", ".join(words) or "nothing"


def render_site(site: Site) -> dict[str, str]:
    """Return the text of each file by its path, the same text for the same site.

    Raises UserError where a library or Graphviz is missing.
    """
    templates = _templates(site)
    drawing = prepare_drawing(site.schema.tables, site.changes)
    overview = plan_overview(drawing)
    with status.doing("Drawing the tables"):
        parts, pictures = _draw(site, drawing, overview)

    def page(template: str, path: str, **values: Any) -> str:  # noqa: ANN401  # of a template
        root = "../" * path.count("/")
        return templates.get_template(template).render(root=root, path=path, **values)

    files = {name: (_HERE / "templates" / name).read_text(encoding="utf-8") for name in _ASSETS}
    index = json.dumps(search_entries(site.schema), ensure_ascii=True, indent=0)
    files["search-index.js"] = f"const SEARCH_INDEX = {index};\n"
    files["index.html"] = page(
        "index.html", "index.html", overview=overview, parts=parts, drawing=drawing
    )
    for one in status.counted(site.schema.relations, "Writing the pages", "page"):
        path = names.relation_page(one.key)
        files[path] = page(
            "relation.html",
            path,
            one=one,
            picture=pictures.get(one.key, ""),
            referrers=drawing.referrers.get(one.key, ()),
            most_drawn=MOST_DRAWN,
            revisions=site.history.of_object(one.key),
        )
    for function in site.schema.functions:
        path = names.function_page(function.key, function.arguments)
        revisions = site.history.of_object(function.key)
        files[path] = page("function.html", path, one=function, revisions=revisions)
    for name in ("objects", "roles", "history"):
        files[f"{name}.html"] = page(f"{name}.html", f"{name}.html")
    for revision in site.history.revisions:
        path = names.revision_page(revision.id)
        files[path] = page("revision.html", path, one=revision)
    return files


def _draw(
    site: Site, drawing: Drawing, overview: Overview
) -> tuple[list[str], dict[tuple[str, str], str]]:
    """Return the pictures of the overview, and that of each table."""
    tables = site.schema.tables
    graphs = [part_graph(part, drawing) for part in overview.parts]
    graphs += [neighbourhood_graph(table, drawing) for table in tables]
    labels = [f"Keys between {len(part)} tables" for part in overview.parts]
    labels += [f"{names.shown_key(table.key)} and its neighbours" for table in tables]
    drawn = [
        svg.page_svg(document, label)
        for document, label in zip(graphviz.draw_graphs(graphs), labels, strict=True)
    ]
    number = len(overview.parts)
    return drawn[:number], {
        table.key: picture for table, picture in zip(tables, drawn[number:], strict=True)
    }


def _templates(site: Site) -> Environment:
    try:
        import jinja2  # noqa: PLC0415  # of an extra
        import pygments  # noqa: F401, PLC0415  # of the same
    except ImportError as error:
        raise UserError(
            f"Pages need {error.name}, which is not installed: pip install 'alembic-pg[pages]'."
        ) from error
    from alembic_pg.pages.highlight import highlight_sql  # noqa: PLC0415  # needs them

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        sql=highlight_sql, shown=names.shown, shown_key=names.shown_key, size=_shown_size
    )
    made.globals.update(
        site=site,
        schema=site.schema,
        changes=site.changes,
        relation_page=names.relation_page,
        function_page=names.function_page,
        revision_page=names.revision_page,
        reference_page=names.reference_page,
        type_anchor=names.type_anchor,
        other_anchor=names.other_anchor,
        column_anchor=column_anchor,
        known_relations={one.key for one in site.schema.relations},
        known_revisions={one.id for one in site.history.revisions},
    )
    return made


def _shown_size(count: int) -> str:
    """Return bytes for a person."""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= _KILO and len(units) > 1:
        value, units = value / _KILO, units[1:]
    return f"{value:.0f} {units[0]}"
