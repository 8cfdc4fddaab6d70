"""Find the alembic-utils entities that the models' modules declare."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import ReplaceableEntity

from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from types import ModuleType

# The order in which they can be made when none needs another of its own kind.
CREATION_ORDER: tuple[type[ReplaceableEntity], ...] = (
    PGExtension,
    PGFunction,
    PGView,
    PGMaterializedView,
    PGTrigger,
    PGPolicy,
    PGGrantTable,
)

_KIND_WORDS = {
    PGExtension: "extension",
    PGFunction: "function",
    PGView: "view",
    PGMaterializedView: "materialized view",
    PGTrigger: "trigger",
    PGPolicy: "policy",
    PGGrantTable: "grant of",
}

# Those that a table may need: a type, a default's function.
BEFORE_TABLES = (PGExtension, PGFunction)


def find_entities(package: str) -> list[ReplaceableEntity]:
    """Return the entities of a package's imported modules, each once, in order.

    They are at the top level, or in lists, tuples, sets and dictionaries there.
    package: the name of the models' package, imported already.
    """
    return sort_entities(
        entity
        for module in modules_of(package)
        for name, value in list(vars(module).items())
        if not name.startswith("__")
        for entity in _entities_in(value, set())
    )


def _entities_in(value: object, seen: set[int]) -> Iterator[ReplaceableEntity]:
    """Yield the entities that a value is or holds. seen: the containers that hold it."""
    if isinstance(value, ReplaceableEntity):
        yield value
        return
    # What is made of them may count or load when it is iterated, and is left alone.
    if type(value) not in {list, tuple, set, frozenset, dict} or id(value) in seen:
        return
    held: Collection[object] = value.values() if isinstance(value, dict) else value  # type: ignore[assignment]
    for one in held:
        yield from _entities_in(one, seen | {id(value)})


def sort_entities(found: Iterable[ReplaceableEntity]) -> list[ReplaceableEntity]:
    """Return entities, each once, in the order in which they can most likely be made."""
    return sorted({id(entity): entity for entity in found}.values(), key=_rank)


def refuse_dotted_schemas(found: Iterable[ReplaceableEntity]) -> None:
    """Raise UserError for an entity of a schema with a dot in its name, or on a table of one."""
    for entity in found:
        on_entity = getattr(entity, "on_entity", "")
        if "." in (entity.schema or "") or on_entity.count(".") > 1:
            schema = on_entity.rpartition(".")[0] or entity.schema
            raise UserError(
                f"alembic-utils cannot make {entity_label(entity)}: it takes the dot in the name "
                f'of its schema "{schema}" for the one before a name. Declare it by DDL(...) that '
                "listens on after_create."
            )


def modules_of(package: str) -> Iterator[ModuleType]:
    """Yield a package and the modules below it that are imported, by their names."""
    for name, module in sorted(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            yield module


def _rank(entity: ReplaceableEntity) -> int:
    for rank, kind in enumerate(CREATION_ORDER):
        if isinstance(entity, kind):
            return rank
    return len(CREATION_ORDER)


def entity_label(entity: ReplaceableEntity) -> str:
    """Return what a person calls an entity: its kind and its name, with the table it is of."""
    kind = next((words for one, words in _KIND_WORDS.items() if isinstance(entity, one)), "entity")
    if isinstance(entity, PGGrantTable):
        table = readable_name(entity.schema, entity.table)
        return f"{kind} {entity.grant.value} on {table} to {entity.role}"
    if isinstance(entity, PGExtension):
        return f"{kind} {entity.signature}"
    if isinstance(entity, (PGTrigger, PGPolicy)):
        return f"{kind} {entity.signature} on {entity.on_entity.removeprefix('public.')}"
    return f"{kind} {readable_name(entity.schema, entity.signature)}"
