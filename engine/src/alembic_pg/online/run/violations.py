"""Say which rows of a table violate a constraint: how many they are, and one of them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors, time_limits
from alembic_pg.database.errors import SqlState
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.database.session import Session

VIOLATION_SQLSTATES = {
    SqlState.NOT_NULL_VIOLATION,
    SqlState.FOREIGN_KEY_VIOLATION,
    SqlState.CHECK_VIOLATION,
}

_SINGULAR = {"have": "has", "are": "is", "cannot": "cannot", "get": "gets"}

_PRIMARY_KEY = """
SELECT array_agg(quote_ident(a.attname) ORDER BY k.n) AS columns
FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, n), pg_attribute AS a
WHERE i.indrelid = :table AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum
"""

_CONSTRAINT = """
SELECT confrelid::regclass::text AS other,
  (SELECT array_agg(quote_ident(attname) ORDER BY n)
    FROM unnest(conkey) WITH ORDINALITY AS k (c, n)
    JOIN pg_attribute ON attrelid = conrelid AND attnum = c) AS own,
  (SELECT array_agg(quote_ident(attname) ORDER BY n)
    FROM unnest(confkey) WITH ORDINALITY AS k (c, n)
    JOIN pg_attribute ON attrelid = confrelid AND attnum = c) AS others,
  pg_get_expr(conbin, conrelid) AS expression, contype AS kind,
  confmatchtype = 'f' AS whole_key
FROM pg_constraint WHERE conrelid = :table AND conname = :name
"""


# What a count cannot have, as the server does its own checks of all rows.
_HIDDEN = "row security of {} hides some from this role: look as one that sees all."


def describe_violation(session: Session, table: Relation, name: str, column: str) -> str:
    """Return how rows violate a constraint, as a sentence.

    name: of the constraint, as the catalog has it. column: of a NOT NULL, quoted, else "".
    """
    on = quote_name(table.schema, table.name)
    found = session.fetch_rows(_CONSTRAINT, table=table.oid, name=name)[0]
    column = column or (found.own[0] if found.kind == "n" else "")
    if column:
        wrong, what = f"{column} IS NULL", f"have no {column}, which becomes NOT NULL"
    elif found.expression:
        wrong, what = f"NOT ({found.expression})", f'violate the CHECK "{name}"'
    else:
        pairs = list(zip(found.own, found.others, strict=True))
        filled = " AND ".join(f"{on}.{own} IS NOT NULL" for own, _ in pairs)
        equal = " AND ".join(f"other.{other} = {on}.{own}" for own, other in pairs)
        missing = f"NOT EXISTS (SELECT FROM {found.other} AS other WHERE {equal})"
        wrong = f"{filled} AND {missing}"
        if found.whole_key:  # MATCH FULL: all of a key, or nothing of it
            some = " OR ".join(f"{on}.{own} IS NOT NULL" for own, _ in pairs)
            wrong = f"({some}) AND ({missing})"
        what = f'point to no row of {found.other}, as the FOREIGN KEY "{name}" wants'
    if not (column or found.expression) and _hides_rows(session, found.other):
        return f"rows of {table.display_name} {what}; {_HIDDEN.format(found.other)}"
    said = ""
    try:
        said = describe_wrong_rows(session, table, wrong, what)
    except DBAPIError as error:
        # The role may not read the other table; or the CHECK itself fails for another row.
        if error.connection_invalidated:
            raise
    if not said and _hides_rows(session, on):
        return f"rows of {table.display_name} {what}; {_HIDDEN.format(on)}"
    return said or f'rows of {table.display_name} did not fit "{name}" when it was checked.'


def null_violation(error: DBAPIError) -> tuple[str, str] | None:
    """Return the table and the column, quoted, of a row with a null where none may be."""
    place = getattr(error.orig, "diag", None)
    if errors.sqlstate(error) != SqlState.NOT_NULL_VIOLATION or not (place and place.column_name):
        return None
    return quote_name(place.schema_name, place.table_name), quote_name(place.column_name)


def describe_nulls(session: Session, table_name: str, column: str) -> str:
    """Return how many rows have a null where none may be, "" where nobody can tell.

    The revision itself may have made them, or given them other names, and is rolled back.
    """
    with suppress(DBAPIError):
        table = session.find_relation(table_name)
        if table is not None:
            what = f"have no {column}, which becomes NOT NULL"
            return describe_wrong_rows(session, table, f"{column} IS NULL", what)
    return ""


def describe_wrong_rows(session: Session, table: Relation, wrong: str, what: str) -> str:
    """Return how many rows of a table are wrong, and one of them, "" when none is.

    session: without a transaction. wrong: a condition, in which the table has its full name. what:
    they are, in words.
    """
    on = quote_name(table.schema, table.name)
    columns = session.fetch_rows(_PRIMARY_KEY, table=table.oid)[0].columns or ["ctid"]
    selected = ", ".join(f"{on}.{column}::text" for column in columns)
    with session.connection.begin():
        session.execute(time_limits.LONG_LOOK)
        row = session.fetch(
            f"SELECT count(*) OVER (), {selected} FROM {on} WHERE {wrong} LIMIT 1"  # noqa: S608
        )
    if not row:
        return ""
    count, values = row[0][0], row[0][1:]
    example = ", ".join(map("{} = {}".format, columns, values))
    few = "At least " if _hides_rows(session, on) else ""
    mend = f"Mend {'it' if count == 1 else 'them'} first"
    hidden = ", and those that row security hides from this role" if few else ""
    return (
        f"{few}{count:,} row{'s' * (count != 1)} of {table.display_name} {agreeing(count, what)}, "
        f"for example {example}. {mend}{hidden}."
    )


def agreeing(count: int, meaning: str) -> str:
    """Return what so many rows do. meaning: what several do, a verb first: "have no b"."""
    if count != 1:
        return meaning
    verb, _, rest = meaning.partition(" ")
    return f"{_SINGULAR.get(verb, verb + 's')} {rest}"


def _hides_rows(session: Session, table: str) -> bool:
    """Return whether row security may hide rows of a table from the role, and so from a count."""
    return bool(session.first_value("SELECT row_security_active(CAST(:name AS text))", name=table))
