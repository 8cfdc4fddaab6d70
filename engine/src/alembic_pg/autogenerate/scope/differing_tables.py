"""Restrict Alembic's comparators to the tables whose dumps differ.

What they say of any other table is left out anyway (ops.flatten.touches_changed_table). Not to ask
them makes the cost of a comparison grow with the change, not with the schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.ddl import sort_tables

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.console import status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.autogenerate.api import AutogenContext


def filtered_options(given: Mapping[str, Any], tables: set[str]) -> dict[str, Any]:
    """Return env.py's options for configure() with filters that let only some tables through.

    Alembic looks into the schemas of these tables, whatever env.py says of include_schemas: else it
    would take them for new, and no hint of theirs would be heard.
    given: env.py's own, whose filters are asked for the rest. tables: the keys of the tables.
    """
    of_name, of_object = given.get("include_name"), given.get("include_object")
    knows_schemas = given.get("include_schemas")
    asked = 0

    def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
        if kind == "schema":
            has_some = any(key.startswith(table_key(name, "")) for key in tables)
            if not has_some or not knows_schemas:
                return has_some  # a filter that was never asked for other schemas is not now
        if kind == "table" and table_key(parents["schema_name"], name) not in tables:
            return False
        return of_name is None or bool(of_name(name, kind, parents))

    def include_object(item: Any, name: str | None, kind: str, *rest: Any) -> bool:  # noqa: ANN401  # Alembic's
        nonlocal asked
        if kind == "table":
            if table_key(item.schema, item.name) not in tables:
                return False
            # Alembic asks for a table when it comes to it.
            asked += 1
            status.reached("table", min(asked, len(tables)), len(tables))
        return of_object is None or bool(of_object(item, name, kind, *rest))

    return {
        **given,
        "include_name": include_name,
        "include_object": include_object,
        "include_schemas": True,
    }


def with_changed_last(context: AutogenContext, tables: set[str]) -> None:
    """Let Alembic's comparators see the tables in an order that is made of only some of them.

    To sort a thousand by their foreign keys takes longer than to compare one. tables: the keys of
    those whose order counts.
    """
    every = sorted(declared_tables(context.metadata or ()), key=lambda one: one.key)
    changed = [one for one in every if table_key(one.schema, one.name) in tables]
    rest = [one for one in every if table_key(one.schema, one.name) not in tables]
    context.sorted_tables = [*rest, *sort_tables(changed)]


def autogenerate_plugins(wanted: Sequence[str], tables: set[str]) -> list[str]:
    """Return the autogenerate plugins, without Alembic's own where there is no table to compare.

    wanted: all of them. Other people's comparators of whole schemas stay.
    """
    return [*wanted] if tables else [*wanted, "~alembic.autogenerate.tables"]
