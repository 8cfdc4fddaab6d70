"""Write what was made by hand into the models' own source, and prove that it says so."""

from __future__ import annotations

import ast
import difflib
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from alembic_pg.adopt.model_source.edit import edits_for
from alembic_pg.adopt.model_source.place import find_place
from alembic_pg.autogenerate.scope.models import declared_tables
from alembic_pg.commands.drift_answers.prove_models import still_differing
from alembic_pg.database.project_files import write_all
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Constraint, Index, Table
    from sqlalchemy.engine.reflection import Inspector

    from alembic_pg.adopt.model_source.source import Source
    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.drift.difference import Difference


@dataclass(frozen=True)
class Edited:
    """Hold what was written into the models. diff: as git shows it."""

    written: tuple[Difference, ...] = ()
    diff: str = ""


@dataclass(frozen=True)
class Wanted:
    """Hold what is to be written.

    found: the dump of the database. there: its inspector. before: what a person calls each object
    that the models as they are say otherwise.
    """

    task: AlembicCommand
    models: Models
    found: Dump
    there: Inspector
    before: frozenset[str]


def edit_models(asked: Wanted, chosen: Sequence[Difference]) -> Edited:
    """Write differences into the models' source, those of which it is proven that they then say so.

    Raises UserError where a file cannot be written.
    """
    wanted = [one for one in chosen if _table_of(asked, one) is not None]
    wanted.sort(key=lambda one: one.kind != "column")  # what else there is of one goes with it
    kept = _kept(asked, [], wanted)
    changed = _changed(asked, kept)
    _write(changed.after)
    for file, source in changed.before.items():
        _format(file, source)
    shown = (_diff(changed.before[file]) for file in sorted(changed.before))
    return Edited(tuple(kept), "\n".join(shown))


def _kept(asked: Wanted, kept: list[Difference], wanted: Sequence[Difference]) -> list[Difference]:
    """Return those of some differences that can be written beside others that are kept.

    Together first, which one process proves; where that breaks the models, each half by itself.
    """
    if not wanted:
        return kept
    proven = _proven(asked, [*kept, *wanted])
    if proven is not None:
        return proven
    if len(wanted) == 1:
        return kept
    half = len(wanted) // 2
    return _kept(asked, _kept(asked, kept, wanted[:half]), wanted[half:])


def _proven(asked: Wanted, wanted: Sequence[Difference]) -> list[Difference] | None:
    """Return those of some differences that the edited models say, None where they are broken.

    The files are as before afterwards.
    """
    left = list(wanted)
    while left:
        changed = _changed(asked, left)
        if not changed.written:
            return []
        try:
            _write(changed.after)
            still = still_differing(asked.task, asked.found)
        finally:
            _write(changed.before)
        if still is None or not still <= asked.before:
            return None  # an edit has broken something else
        proven = [one for one in changed.written if one.label not in still]
        if proven == left:
            return proven
        left = proven
    return []


@dataclass
class _Changed:
    """Hold the sources of the files that change, and which differences they say then."""

    before: dict[Path, Source]
    after: dict[Path, Source]
    written: list[Difference]


def _changed(asked: Wanted, wanted: Sequence[Difference]) -> _Changed:
    """Return what becomes of the files; nothing is written."""
    changed = _Changed({}, {}, [])
    for one in wanted:
        table = _table_of(asked, one)
        if any(_goes_with(one, table, column) for column in changed.written):
            changed.written.append(one)
            continue
        place = find_place(table, asked.task.root, changed.after) if table is not None else None
        made = edits_for(one, place, asked.there) if place is not None else None
        if place is None or made is None:
            continue
        text = place.source.edited([*made, *place.names.edits()])
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        changed.before.setdefault(place.source.file, place.source)
        changed.after[place.source.file] = replace(place.source, text=text)
        changed.written.append(one)
    return changed


def _goes_with(difference: Difference, table: Table | None, column: Difference) -> bool:
    """Return whether a difference is there with a column that is new, or gone.

    That is its comment, or what there was of it; whether it is so, the proof tells.
    """
    if table is None or column.kind != "column" or difference.kind == "column":
        return False
    name = column.name.removeprefix(f"{table.name}.")
    if column.schema != difference.schema or name == column.name:
        return False
    if difference.kind == "comment":
        on = f"COLUMN {quote_name(table.name)}.{quote_name(name)}"
        return difference.name == on and difference.change == column.change
    return difference.change == column.change == "missing" and _is_about(difference, table, name)


def _is_about(difference: Difference, table: Table, column: str) -> bool:
    """Return whether a constraint or an index of the models has a column."""
    parts: list[Index | Constraint] = [*table.indexes, *table.constraints]
    names = {difference.name, difference.name.removeprefix(f"{table.name} ")}
    return any(str(one.name) in names and column in getattr(one, "columns", ()) for one in parts)


def _table_of(asked: Wanted, difference: Difference) -> Table | None:
    tables = declared_tables(asked.models.metadata)
    named = [one for one in tables if _names(difference, one)]
    if named:  # "a b" may be a column of the table a, and not the table "a b"
        return max(named, key=lambda one: len(one.name))
    entry = asked.found.get(difference.key)
    needs = {difference.key, *(entry.needs if entry else ())}
    return next(
        (one for one in tables if f"TABLE {one.schema or 'public'}.{one.name}" in needs), None
    )


def _names(difference: Difference, table: Table) -> bool:
    if (table.schema or "public") != difference.schema:
        return False
    if difference.kind == "comment":
        name = quote_name(table.name)
        return difference.name == f"TABLE {name}" or difference.name.startswith(f"COLUMN {name}.")
    if difference.kind == "index":
        return any(str(one.name) == difference.name for one in table.indexes)
    return difference.name.startswith((f"{table.name}.", f"{table.name} "))


def _write(sources: Mapping[Path, Source]) -> None:
    try:
        write_all({file: one.text.encode(one.encoding) for file, one in sources.items()})
    except OSError as error:
        raise UserError(f"The models cannot be written ({error.strerror}).") from error


def _format(file: Path, source: Source) -> None:
    """Let ruff format a file that was in its form before."""
    if not find_spec("ruff"):
        return
    ruff = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", str(file), "-"]
    before = subprocess.run(ruff, input=source.text.encode(), capture_output=True, check=False)
    if before.returncode == 0 and before.stdout == source.text.encode():
        after = subprocess.run(ruff, input=file.read_bytes(), capture_output=True, check=False)
        if after.returncode == 0:
            file.write_bytes(after.stdout)


def _diff(source: Source) -> str:
    """Return how a file changed, as git shows it."""
    name = os.path.relpath(source.file)
    after = source.file.read_bytes().decode(source.encoding).splitlines()
    before = source.text.splitlines()
    lines = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")
    return "\n".join([f"diff --git a/{name} b/{name}", *lines])
