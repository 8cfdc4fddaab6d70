"""Tell what the models build by a build that agreed with the revisions before.

A clean check notes the statements that built the models: a digest for each table, and one for the
rest. The next check makes only the tables anew whose statements differ, and the entities that name
them, in a copy of what the revisions build. It says nothing, so that all is built as ever, where
the change could reach further: statements written by hand, what else depends on such a table, or an
object of another table that comes out different.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.autogenerate.dump import compare, pg_dump
from alembic_pg.autogenerate.dump.known_rest import dump_beside, know_rest, rest_of_whole
from alembic_pg.autogenerate.dump.part_owner import key_ends
from alembic_pg.autogenerate.sides.remade_entities import relations_of_entities, steps_of_entities
from alembic_pg.database.connect import connect
from alembic_pg.database.digest import Digest, cache_digest
from alembic_pg.database.project_files import make_data_folder, write_whole
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.database.session import as_message
from alembic_pg.database.text_dialect import dialect_without_marks
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import URL

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.dump.known_rest import KnownRest
    from alembic_pg.autogenerate.sides.build_statements import BuildStatement
    from alembic_pg.autogenerate.sides.revisions import StartingSchema

NOTE_PATH = Path(".postgres") / "built.json"

# Of all tables; to build everything costs little more where more than that differ.
_MAX_CHANGED = 0.25

_NAMED = frozenset({"CHECK CONSTRAINT", "CONSTRAINT", "FK CONSTRAINT", "INDEX", "SEQUENCE"})

# A name that PostgreSQL numbered, since the usual one was taken, would depend on the order.
_NUMBERED_NOT_NULL = re.compile(r"CONSTRAINT (?P<name>\S*\d) NOT NULL")


@dataclass(frozen=True)
class _Outline:
    """What statements build: digests by the keys of the tables, and one of all the rest."""

    tables: dict[str, str]
    rest: str


def write_note(root: Path, past: StartingSchema, built: Sequence[BuildStatement]) -> None:
    """Note the statements of models that agree with the revisions, where that can be written.

    root: the folder of the working tree. past: what the revisions build.
    """
    outline = _outline(built)
    note = {
        "made": _maker_digest(past),
        "template": past.template,
        "tables": outline.tables,
        "rest": outline.rest,
    }
    with suppress(OSError):
        make_data_folder(root)
        write_whole(root / NOTE_PATH, json.dumps(note))


def has_note(root: Path) -> bool:
    """Return whether anything is noted, be it of other revisions."""
    return (root / NOTE_PATH).exists()


@dataclass(frozen=True)
class KnownBuild:
    """What statements build. dump: of it. rest: what surely is as in the revisions."""

    dump: Dump
    rest: KnownRest | None = None


def known_build(
    root: Path, past: StartingSchema, steps: Sequence[BuildStatement]
) -> KnownBuild | None:
    """Return what statements build, None where they are to be executed.

    root, past: as for write_note().
    """
    noted = _read_note(root, past)
    outline = _outline(steps)
    if noted is None or noted.rest != outline.rest:
        return None
    tables = noted.tables.keys() | outline.tables.keys()
    changed = {key for key in tables if noted.tables.get(key) != outline.tables.get(key)}
    if not changed:
        return KnownBuild(past.dump)
    if len(changed) > _MAX_CHANGED * len(tables):
        return None
    again = {step.table for step in steps if step.table is not None and step.table_key in changed}
    names = {key.partition(".")[2] for key in changed}
    of_entities = steps_of_entities(steps, again, names)
    return None if of_entities is None else _build_tables(past, steps, changed, of_entities)


def _outline(steps: Iterable[BuildStatement]) -> _Outline:
    texts: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        texts[step.table_key].append(step.text)
    rest = Digest(*texts.pop("", ()))
    # SQLAlchemy keeps a table's indexes in a set.
    return _Outline({key: Digest(*sorted(some)).value for key, some in texts.items()}, rest.value)


def _read_note(root: Path, past: StartingSchema) -> _Outline | None:
    try:
        note = json.loads((root / NOTE_PATH).read_text())
        if (note["made"], note["template"]) == (_maker_digest(past), past.template):
            return _Outline(dict(note["tables"]), str(note["rest"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _maker_digest(past: StartingSchema) -> str:
    url = past.databases.url.render_as_string(hide_password=True)
    return cache_digest(pg_dump.version(), past.version_table, url).value


def _build_tables(
    past: StartingSchema,
    steps: Sequence[BuildStatement],
    changed: set[str],
    of_entities: Sequence[BuildStatement],
) -> KnownBuild | None:
    """Make some tables as statements make them, in a copy of what the revisions build.

    of_entities: the steps of the entities that are made again with them.
    """
    name = past.databases.create(past.template)
    url = past.databases.database_url(name)
    dialect = dialect_without_marks(past.databases.connection.dialect)
    entity_drops = [
        str(step.entity.to_sql_statement_drop().compile(dialect=dialect))
        for step in reversed(of_entities)
        if step.entity is not None
    ]
    made = {id(step) for step in of_entities}
    again = [step.text for step in steps if step.table_key in changed or id(step) in made]
    message = as_message(_rebuilding_statements(past.dump, changed, entity_drops, again))
    rest = _known_rest(url, past.dump, steps, changed, of_entities)
    try:
        with connect(url, source=SCRATCH_SOURCE) as connection, connection.begin():
            connection.exec_driver_sql(message, execution_options={"no_parameters": True})
    except DBAPIError:
        return None
    else:
        dump = dump_beside(url, rest, past.version_table)
        is_as_built = _is_as_built(past.dump, dump, steps, changed)
        return KnownBuild(dump, rest) if is_as_built else None
    finally:
        past.databases.drop_in_background(name)


def _known_rest(
    url: URL,
    dump: Dump,
    steps: Sequence[BuildStatement],
    changed: set[str],
    of_entities: Sequence[BuildStatement],
) -> KnownRest | None:
    """Return what is surely as in the revisions, None where what changes may be anywhere."""
    of_others = relations_of_entities(of_entities, dump)
    if of_others is None:
        return None
    tables = _tables_that_may_differ(dump, steps, changed) | of_others
    return rest_of_whole(dump, tables) or know_rest(url, dump, tables)


def _tables_that_may_differ(
    dump: Dump, steps: Sequence[BuildStatement], changed: set[str]
) -> set[tuple[str, str]]:
    """Return the schemas and names of tables that change, and of the other ends of their keys.

    pg_dump names what a key needs only of tables that it is asked for. One more is among them that
    stays as it is, since pg_dump fails where there is none.
    """
    others = (one for key, one in dump.items() if one.kind == "TABLE" and key not in changed)
    names = {(one.schema, one.name) for one in islice(others, 1)}
    keys = {key_ends(dump, one)[0] for one in _keys_from_others(dump, changed)}
    names |= {(dump[key].schema, dump[key].name) for key in (changed | keys) & dump.keys()}
    for step in steps:
        if step.table is not None and step.table_key in changed:
            ends = (step.table, *(key.column.table for key in step.table.foreign_keys))
            names |= {(one.schema or "public", str(one.name)) for one in ends}
    return names


def _rebuilding_statements(
    dump: Dump, changed: set[str], entity_drops: Iterable[str], again: Iterable[str]
) -> Iterator[str]:
    """Yield what drops tables, where nothing depends on them but keys and entities, and makes them.

    entity_drops: of the entities that are made again. again: what makes all of it.
    """
    keys = [*_keys_from_others(dump, changed)]
    yield from (key.drop for key in keys)
    yield from entity_drops
    there = [dump[table] for table in sorted(changed) if table in dump]
    if there:
        yield f"DROP TABLE {', '.join(quote_name(one.schema, one.name) for one in there)}"
    yield from again
    yield from (key.create for key in keys)
    lost = {key.key for key in keys}
    yield from (one.create for one in dump.values() if not lost.isdisjoint(one.needs))


def _keys_from_others(dump: Dump, changed: set[str]) -> Iterator[Entry]:
    for entry in dump.values():
        if entry.kind == "FK CONSTRAINT":
            own, others = key_ends(dump, entry)
            if own not in changed and others & changed:
                yield entry


def _is_as_built(old: Dump, new: Dump, steps: Sequence[BuildStatement], changed: set[str]) -> bool:
    """Return whether only the changed tables differ, and no name depends on who came first."""
    for key in compare.differing_keys(old, new):
        if compare.changed_tables(old, new, [key]).isdisjoint(changed):
            return False
    numbered = [*_numbered_names(new)]
    return not numbered or all(
        any(name in step.text for step in steps) for name in dict.fromkeys(numbered)
    )


def _numbered_names(dump: Dump) -> Iterator[str]:
    for entry in dump.values():
        if entry.kind in _NAMED and entry.name[-1:].isdigit():
            yield entry.name.rpartition(" ")[2]
        elif entry.kind == "TABLE":
            yield from (match["name"] for match in _NUMBERED_NOT_NULL.finditer(entry.create))
