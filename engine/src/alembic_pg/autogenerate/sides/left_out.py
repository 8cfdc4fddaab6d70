"""Leave out of the build what env.py's include_object leaves out, but for what keys refer to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError

from alembic_pg.revisions import stand_ins
from alembic_pg.revisions.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table

    from alembic_pg.autogenerate.scope.models import Models


def left_out_tables(models: Models, options: Mapping[str, Any]) -> frozenset[Table]:
    """Return the declared tables that are left out. options: env.py's for configure()."""
    only_object = {"include_object": options.get("include_object")}
    return frozenset(one for one in models.tables if stand_ins.is_left_out(only_object, one))


def needed_stand_ins(models: Models) -> tuple[StandIn, ...]:
    """Return what the foreign keys of the other tables need of those that are left out."""
    dialect = postgresql.dialect()
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
