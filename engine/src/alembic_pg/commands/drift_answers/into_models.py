"""Declare what was made by hand beside the models: ``alembic-pg drift --into-models FILE``."""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from alembic_pg.adopt import module, undeclared
from alembic_pg.adopt.declaration import Declaration, declare
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.autogenerate.sides.declared_at import source_place
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.commands.autogenerate import silence_alembic_utils
from alembic_pg.commands.drift_answers.edit_models import Edited, Wanted, edit_models
from alembic_pg.commands.drift_answers.prove_models import still_differing
from alembic_pg.commands.entities import format_module
from alembic_pg.console.scratch import open_scratch_server
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.drift import build, rights
from alembic_pg.drift.difference import list_differences
from alembic_pg.drift.find import read_target
from alembic_pg.drift.target_roles import target_roles
from alembic_pg.errors import UserError
from alembic_pg.revisions import history_database
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.drift.difference import Difference


@dataclass(frozen=True)
class Declared:
    """Hold what was done.

    edited: what the source of the models says now. declared: what the new module declares.
    left: what neither does, each with what to do instead. diff: the module, as git shows a new
    file.
    """

    edited: Edited
    declared: tuple[Difference, ...]
    left: tuple[tuple[Difference, str], ...]
    diff: str


def declare_differences(
    task: AlembicCommand, connection: Connection, chosen: Sequence[Difference], file: Path
) -> Declared:
    """Edit the models, write a module that declares what else is extra, and return what was done.

    Each edit and each declaration is tried: the models are built with it, and what they build is
    compared with the target. Raises UserError where the file is there, or the models cannot be
    built.
    """
    if file.exists():
        raise UserError(f"{file} is there already: name a new file.")
    models = load_models(task.metadata, task.entities)
    silence_alembic_utils()
    connection.rollback()
    there = read_target(task, connection, "")
    connection.rollback()
    with open_scratch_server(task.root) as databases, target_roles(connection, databases):
        copy = build.copy_target(connection, databases, there.version)
        version_table = history_database.version_table_name(task.environment)
        found = pg_dump.dump_database(databases.database_url(copy), version_table=version_table)
        with connect(databases.database_url(copy), source=SCRATCH_SOURCE) as other:
            plain = undeclared.build_declared(task, databases, models, [])
            before = frozenset(one.label for one in list_differences(plain, found))
            edited = edit_models(Wanted(task, models, found, inspect(other), before), chosen)
        databases.drop_in_background(copy)
        rest = [one for one in chosen if one not in edited.written]
        extra = [one for one in rest if one.change == "extra"]
    proven = _proven(task, found, {}, dict(_declarations(extra, found)))
    if proven:
        package = task.metadata if isinstance(task.metadata, str) else None
        place = undeclared.metadata_expression(models, package)
        try:
            file.write_text(module.module_source([*proven.values()], *place), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{file} cannot be written ({error.strerror}).") from error
        format_module(file)
    return Declared(
        edited,
        tuple(one for one in rest if one.label in proven),
        tuple((one, _instead(one, models)) for one in rest if one.label not in proven),
        _as_diff(file) if proven else "",
    )


def _proven(
    task: AlembicCommand,
    found: Dump,
    kept: Mapping[str, Declaration],
    wanted: Mapping[str, Declaration],
) -> dict[str, Declaration]:
    """Return those of some declarations that say what is there, beside others that are kept.

    All of them together first, beside the models as they are now; where PostgreSQL refuses one,
    each half by itself. By the label of what they declare.
    """
    if not wanted:
        return dict(kept)
    still = still_differing(task, found, [*kept.values(), *wanted.values()])
    if still is not None:
        return {**kept, **{label: one for label, one in wanted.items() if label not in still}}
    if len(wanted) == 1:
        return dict(kept)
    half, every = len(wanted) // 2, list(wanted.items())
    first = _proven(task, found, kept, dict(every[:half]))
    return _proven(task, found, first, dict(every[half:]))


def _declarations(extra: Sequence[Difference], found: Dump) -> Iterator[tuple[str, Declaration]]:
    """Yield how each object is declared, by its label; what belongs to one goes with it."""
    taken: set[str] = set()
    for key, entry in found.items():
        for one in extra:
            if one.key != key:
                continue
            if one.kind == "column":
                yield one.label, Declaration(_column_entry(one, entry), None)
            else:
                yield one.label, declare(entry, undeclared.variable_name(entry, taken))


def _column_entry(column: Difference, table: Entry) -> Entry:
    """Return an entry that adds a column to a table."""
    name = quote_name(table.schema, table.name)
    return Entry(
        kind="COLUMN",
        schema=table.schema,
        name=column.name,
        create=f"ALTER TABLE {name} ADD COLUMN {column.found}",
        drop="",
        needs=(table.key,),
    )


def _instead(difference: Difference, models: Models) -> str:
    """Return where a person declares what no statement beside the models can."""
    if rights.is_right(difference):
        return "No model has it: alembic-pg drift --back FILE."
    verb = "Take it out" if difference.change == "missing" else "Change it"
    for table in declared_tables(models.metadata):
        if _is_of(difference, table) and (place := source_place(table, _own_name(difference))):
            return f"{verb} in {place}."
    return f"{verb} where the models declare it, or: alembic-pg drift --back FILE."


def _is_of(difference: Difference, table: Table) -> bool:
    if (table.schema or "public") != difference.schema:
        return False
    parts = {str(one.name) for one in table.indexes} | {str(one.name) for one in table.constraints}
    begins = difference.name.startswith((f"{table.name}.", f"{table.name} "))
    return begins or difference.name in {table.name, *parts}


def _own_name(difference: Difference) -> str:
    return difference.name.rpartition("." if difference.kind == "column" else " ")[2]


def _as_diff(file: Path) -> str:
    lines: list[str] = []
    with suppress(OSError):
        lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(difflib.unified_diff([], lines, "/dev/null", f"b/{file}", lineterm=""))
