"""Run the statements of a revision, and see what each of them drops.

PostgreSQL says it in an event trigger, with what goes along, and without what ALTER TABLE makes
anew by itself: an index of a column that changes its type, say.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.archive import toc_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg2 import extensions
    from sqlalchemy.engine import URL

    # The OIDs of a catalog and of a row there, and a column's number or 0.
    CatalogId = tuple[int, int, int]

_WATCH = """
CREATE SCHEMA watching;
CREATE TABLE watching.dropped (
  place int, classid oid, objid oid, objsubid int, named boolean, identity text
);
CREATE FUNCTION watching.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO watching.dropped
  SELECT current_setting('watching.place')::int, classid, objid, objsubid, original,
    object_type || ' ' || object_identity
  FROM pg_event_trigger_dropped_objects();
END $$;
CREATE TABLE watching.there AS
  SELECT type || ' ' || identity AS identity
  FROM (
    SELECT 'pg_constraint'::regclass, oid FROM pg_constraint
    UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index
    UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
  ) AS made_anew (catalog, oid), pg_identify_object(catalog, oid, 0);
CREATE TABLE watching.began (place int, mark regtype);
CREATE EVENT TRIGGER watching ON sql_drop EXECUTE FUNCTION watching.note();
"""

# A revision begins: its own is what is younger than this.
_BEGIN = """
CREATE TYPE watching.mark_{place} AS ();
INSERT INTO watching.began VALUES ({place}, 'watching.mark_{place}');
"""

# What is dropped by its name, and was made by the same revision. A change of a column's type makes
# its constraints, indexes, default and statistics anew, which are then younger, too.
_OWN = """
SELECT place, identity FROM watching.dropped
WHERE named AND objid > (
  SELECT max(mark::oid) FROM watching.began AS b WHERE b.place <= dropped.place
) AND identity NOT IN (SELECT identity FROM watching.there)
ORDER BY place
"""

# Its script drops some of what it makes.
_RUNS_A_SCRIPT = re.compile(r"\s*(CREATE|ALTER)\s+EXTENSION\b", re.IGNORECASE)

# What pg_dump prints inside of its table.
_PARTS_OF_TABLES = """
SELECT 'pg_constraint'::regclass::int8, c.oid::int8, 0,
  format('CHECK CONSTRAINT %s.%s %s', nspname, relname, conname)
FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = conrelid
JOIN pg_namespace AS n ON n.oid = relnamespace WHERE contype = 'c'
UNION ALL
SELECT 'pg_class'::regclass::int8, r.oid::int8, attnum,
  format('COLUMN %s.%s %s', nspname, relname, attname)
FROM pg_attribute JOIN pg_class AS r ON r.oid = attrelid
JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'f') AND attnum > 0 AND NOT attisdropped AND nspname !~ '^pg_'
"""


@dataclass(frozen=True)
class Drop:
    """An object that a statement drops.

    place: which of the statements it is. key: the object, as its dump entry is called.
    named: whether the statement names it; else it goes along.
    """

    place: int
    key: str
    named: bool


@dataclass(frozen=True)
class Outcome:
    """What statements drop of what was there before, and PostgreSQL's error, "" without one.

    own: what a revision has made itself, and drops by its name.
    """

    drops: list[Drop]
    own: list[str]
    error: str = ""


def run_watched(
    url: URL, statements: Sequence[str], left_out: int = -1, *, begins: Sequence[int] = (0,)
) -> Outcome:
    """Run statements on a database, and see what they drop.

    left_out: the place of one that is not run; one that makes what is there then does nothing.
    begins: the places at which revisions begin.
    """
    with _open(url) as connection, connection.cursor() as cursor:
        keys = dict(_keys_by_catalog_id(url, connection))
        cursor.execute(_WATCH)
        error = _run(cursor, statements, left_out, begins)
        cursor.execute(
            "SELECT place, named, classid::int8, objid::int8, objsubid FROM watching.dropped "
            "ORDER BY place, named DESC"
        )
        found = cursor.fetchall()
        cursor.execute(_OWN)
        own = [
            identity
            for place, identity in cursor.fetchall()
            if not _RUNS_A_SCRIPT.match(statements[place])
        ]
        cursor.execute("DROP EVENT TRIGGER watching; DROP SCHEMA watching CASCADE")
    drops = [
        Drop(place, keys[number], named)
        for place, named, *parts in found
        if (number := tuple(parts)) in keys
    ]
    return Outcome(drops, own, error)


def _run(
    cursor: extensions.cursor, statements: Sequence[str], left_out: int, begins: Sequence[int]
) -> str:
    """Run statements; return why one fails, "" when none does."""
    for place, statement in enumerate(statements):
        if place in begins:
            cursor.execute(_BEGIN.format(place=place))
        if place == left_out:
            continue
        cursor.execute(f"SET watching.place = {place}")
        try:
            cursor.execute(statement)
        except psycopg2.Error as error:
            if 0 <= left_out < place and error.pgcode in _ALREADY_THERE:
                continue
            detail = (error.diag.message_detail or "").partition("\n")[0]
            return ": ".join(filter(None, [error.diag.message_primary or "", detail]))
    return ""


# duplicate_column, duplicate_object, duplicate_table, duplicate_function, and a second primary key
# (PostgreSQL, Appendix A).
_ALREADY_THERE = {"42701", "42710", "42P07", "42723", "42P16"}


@contextmanager
def _open(url: URL) -> Iterator[extensions.connection]:
    """Yield a connection that commits each statement."""
    connection = psycopg2.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def _keys_by_catalog_id(
    url: URL, connection: extensions.connection
) -> Iterable[tuple[CatalogId, str]]:
    """Yield the catalog id of each object, and the key of its dump entry."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS_OF_TABLES)
        for catalog, own, column, key in cursor.fetchall():
            yield (catalog, own, column), key
    for item in toc_entries(pg_dump.dump_archive(url)):
        if item.catalog_id != (0, 0):
            yield (*item.catalog_id, 0), f"{item.kind} {item.schema}.{item.name}"
