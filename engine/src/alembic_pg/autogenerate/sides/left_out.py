"""Leave out of the build what env.py's include_object leaves out, but for what the rest needs."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError

from alembic_pg.revisions import stand_ins
from alembic_pg.revisions.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.autogenerate.scope.models import Models


def without_left_out(models: Models, options: Mapping[str, Any]) -> Models:
    """Return the models with their tables that are left out. options: env.py's for configure()."""
    only_object = {"include_object": options.get("include_object")}
    left_out = frozenset(one for one in models.tables if stand_ins.is_left_out(only_object, one))
    if not left_out:
        return models
    texts = [str(entity.to_sql_statement_create()) for entity in models.entities]
    used = {
        table
        for table in left_out
        if any(re.search(rf"(?<!\w){re.escape(table.name)}(?!\w)", text) for text in texts)
    }
    return replace(models, left_out=left_out, used_by_entities=frozenset(used))


def needed_stand_ins(models: Models) -> tuple[StandIn, ...]:
    """Return what the foreign keys of the other tables need of those that are left out."""
    if not models.left_out:
        return ()
    dialect = psycopg2.dialect()
    found = {}
    for table in models.tables:
        if table in models.left_out:
            continue
        for key in table.foreign_key_constraints:
            with suppress(NoReferencedTableError, NoReferencedColumnError):  # the build says so
                elements = [element.column for element in key.elements]
                target = elements[0].table
                if target not in models.left_out:
                    continue
                columns = tuple((one.name, one.type.compile(dialect)) for one in elements)
                stand_in = StandIn(target.schema or "public", target.name, columns)
                found[stand_in] = stand_in
    return tuple(found)
