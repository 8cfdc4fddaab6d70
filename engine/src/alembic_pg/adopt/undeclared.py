"""Find what a history or a database has that no model declares, and how to declare it."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import event

from alembic_pg.adopt.declaration import Declaration, declare
from alembic_pg.autogenerate.dump import kinds, pg_dump
from alembic_pg.autogenerate.dump.compare import differing_keys
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.scope.models import Models, each_metadata
from alembic_pg.autogenerate.sides import desired
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import MetaData

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.scratch import ScratchServer


@dataclass(frozen=True)
class Undeclared:
    """Hold what no model declares.

    declarations: how each is declared. left: what a model's table has its own words for, or what
    belongs to a table that is not declared.
    """

    declarations: tuple[Declaration, ...]
    left: tuple[Entry, ...]


def find_undeclared(
    task: AlembicCommand, databases: ScratchServer, models: Models, there: Dump
) -> Undeclared:
    """Return what is there and not in the models, each with a declaration that was tried.

    there: the dump of the history, or of a database. An entity which does not build what is there
    becomes DDL.
    Raises UserError when the models cannot be built.
    """
    built = _build(databases, models, task)
    scope = filters.comparison_scope(there, built, models, task.configure, handed_in=False)
    wanted, have = scope.filter_dump(there), scope.filter_dump(built)
    extra = {key: entry for key, entry in wanted.items() if key not in have}
    taken: set[str] = set()
    found = [
        declare(entry, variable_name(entry, taken))
        for entry in extra.values()
        if _is_beside_tables(entry, extra) and not _comes_with_extension(entry)
    ]
    again = scope.filter_dump(build_declared(task, databases, models, found))
    differing = set(differing_keys(wanted, again))
    declarations = [
        replace(one, arguments=None) if one.entry.key in differing else one for one in found
    ]
    declarations += [
        declare(extra[key], "")
        for key in extra
        if key in differing and _comes_with_extension(extra[key])
    ]
    made = {one.entry.key for one in declarations}
    left = (entry for key, entry in extra.items() if key not in made)
    return Undeclared(
        tuple(declarations), tuple(entry for entry in left if not _comes_with_extension(entry))
    )


def build_declared(
    task: AlembicCommand,
    databases: ScratchServer,
    models: Models,
    declarations: Sequence[Declaration],
) -> Dump:
    """Return the dump of what the models build with declarations beside them."""
    with _declared(models, declarations) as whole:
        return _build(databases, whole, task)


def metadata_expression(models: Models, package: str | None) -> tuple[str, str]:
    """Return the module that has the models' MetaData, and its expression there.

    package: the name of the models' package, which is looked through first.
    Raises UserError where no module has it.
    """
    metadata = each_metadata(models.metadata)[0]
    names = [name for name in sorted(sys.modules) if not name.startswith(("alembic_pg", "__"))]
    names.sort(key=lambda name: not _is_below(name, package or ""))
    for wanted_base in (True, False):
        for name in names:
            for variable, value in list(getattr(sys.modules[name], "__dict__", {}).items()):
                own = isinstance(value, type) and value.__module__ == name
                if wanted_base and own and _is_base(value, metadata):
                    return name, f"{variable}.metadata"
                if not wanted_base and value is metadata:
                    return name, variable
    raise UserError("No module holds the models' MetaData by a name: give it one.")


def _is_base(value: type, metadata: MetaData) -> bool:
    return vars(value).get("metadata") is metadata and not hasattr(value, "__table__")


def _is_below(name: str, package: str) -> bool:
    top = package.partition(".")[0]
    return bool(top) and (name == top or name.startswith(f"{top}."))


def _is_beside_tables(entry: Entry, extra: Dump) -> bool:
    """Return whether an object is declared beside tables: of no undeclared one, and no part."""
    if any(key.startswith(("TABLE ", "FOREIGN TABLE ")) and key in extra for key in entry.needs):
        return False
    if entry.kind == "INDEX":  # of a view: that of a table is the table's
        return any(key.startswith("MATERIALIZED VIEW ") for key in entry.needs)
    if entry.kind == "SEQUENCE":
        owned = f"SEQUENCE OWNED BY {entry.schema}.{entry.name}"
        return owned not in extra
    return entry.kind not in kinds.TABLE_PARTS


def _comes_with_extension(entry: Entry) -> bool:
    """Return whether an object may be made with its extension: the comment on it."""
    return entry.kind == "COMMENT" and entry.name.startswith("EXTENSION ")


def _build(databases: ScratchServer, models: Models, task: AlembicCommand) -> Dump:
    name = databases.create()
    url = databases.database_url(name)
    schema = task.environment.context_opts.get("version_table_schema")
    desired.build_models(models, url, source=SCRATCH_SOURCE, schema=schema)
    dump = pg_dump.dump_database(url)
    databases.drop_in_background(name)
    return dump


@contextmanager
def _declared(models: Models, declarations: Sequence[Declaration]) -> Iterator[Models]:
    """Yield the models with the declarations; the MetaData is as before afterwards."""
    metadata = each_metadata(models.metadata)[0]
    entities = [made for one in declarations if (made := one.entity()) is not None]
    listeners = [(one.event, one.ddl()) for one in declarations if one.arguments is None]
    for name, statement in listeners:
        event.listen(metadata, name, statement)
    try:
        yield Models(models.metadata, (*models.entities, *entities))
    finally:
        for name, statement in listeners:
            event.remove(metadata, name, statement)


def variable_name(entry: Entry, taken: set[str]) -> str:
    """Return a name for the entity's variable that none has yet, and take it."""
    base = re.sub(r"\W+", "_", f"{entry.name.partition('(')[0]}_{entry.kind}".lower()).strip("_")
    name = base if base[:1].isalpha() else f"of_{base}"
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free
