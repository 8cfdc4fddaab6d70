"""Tell which entities have to be made again where tables are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView

from alembic_pg.autogenerate.dump.table_parts import RELATIONS, keys_of
from alembic_pg.sql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy import Table

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.sides.build_statements import BuildStatement

# What other objects may need.
_NEEDED = (PGFunction, PGView, PGMaterializedView)


def steps_of_entities(
    steps: Sequence[BuildStatement], tables: set[Table], names: set[str]
) -> list[BuildStatement] | None:
    """Return the steps that make the entities which name tables, or name such an entity.

    None where something else may be made in another way than before: statements written by hand,
    an extension or a type of such a name, a LIKE of such a table, a table that uses such an entity.
    tables: those that are made again. names: theirs, and those of tables that are gone.
    """
    if any(step.by_hand for step in steps):
        return None
    others = [step for step in steps if step.table is not None and step.table not in tables]
    # Of thousands hardly one has it.
    copies = [step for step in others if "LIKE" in step.text.upper()]
    if _that_name(names, copies):
        return None
    rest = [step for step in steps if step.table is None]
    found: dict[int, BuildStatement] = {}
    while names:
        new = [step for step in _that_name(names, rest) if id(step) not in found]
        if any(step.entity is None or isinstance(step.entity, PGExtension) for step in new):
            return None
        found |= {id(step): step for step in new}
        names = {
            step.entity.signature.partition("(")[0].strip('"')
            for step in new
            if isinstance(step.entity, _NEEDED)
        }
        if names and _that_name(names, others):
            return None
    return [step for step in rest if id(step) in found]


def relations_of_entities(
    made: Sequence[BuildStatement], dump: Dump
) -> set[tuple[str, str]] | None:
    """Return the schemas and names of the tables and views that entities are, or are a part of.

    None where one is neither, as a function is, or not found. dump: of a database that has them.
    """
    found: set[tuple[str, str]] = set()
    for step in made:
        relation = _relation(step.entity)
        if relation is None or dump.keys().isdisjoint(keys_of([relation], RELATIONS)):
            return None
        found.add(relation)
    return found


def _relation(entity: ReplaceableEntity | None) -> tuple[str, str] | None:
    if isinstance(entity, (PGView, PGMaterializedView)):
        return entity.schema, entity.signature.strip('"')
    if isinstance(entity, PGGrantTable):
        return entity.schema, entity.table
    if isinstance(entity, (PGTrigger, PGPolicy)):
        names = [token.identifier for token in tokenize(entity.on_entity) if token.identifier]
        return (names[-2] if len(names) > 1 else entity.schema, names[-1]) if names else None
    return None


def _that_name(names: Iterable[str], steps: Iterable[BuildStatement]) -> list[BuildStatement]:
    """Return the steps whose text has one of the names in it, as it may be written there."""
    written = (re.escape(name.replace('"', '""')) for name in names)
    mention = re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)", re.IGNORECASE)
    return [step for step in steps if mention.search(step.text)]
