"""Give a column that is filled in batches a sequence of its own, or an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.executor import Executor

# The role may be a member of the one that owns the table, or a superuser; a sequence of a column
# belongs to the table's owner, as those of PostgreSQL's own serial and identity do.
_OWN_SEQUENCE = """
DO $own$ BEGIN EXECUTE (
  SELECT format('ALTER SEQUENCE %s OWNER TO %I', {sequence}, pg_get_userbyid(relowner))
  FROM pg_class WHERE oid = to_regclass({table})); END $own$
""".strip()


def sequence_name(table: Relation, column: str, *, is_identity: bool) -> str:
    """Return the name of the sequence of a column, quoted: the one of a serial column stays."""
    name = f"{table.name}_{catalog_name(column)}"
    return quote_name(table.schema, helper_name(name, "seq") if is_identity else f"{name}_seq")


def create_statements(sequence: str, options: str, table: str, column: str) -> list[str]:
    """Return what makes the sequence of a column that is there; all but the options are quoted."""
    return [
        f"CREATE SEQUENCE {sequence} {options}",
        _OWN_SEQUENCE.format(sequence=quote_literal(sequence), table=quote_literal(table)),
        f"ALTER SEQUENCE {sequence} OWNED BY {table}.{column}",
    ]


def make_identity(  # noqa: PLR0913  # what there is to know of it
    executor: Executor, table: Relation, column: str, sequence: str, *, options: str, identity: str
) -> None:
    """Let an identity go on where the helping sequence stands.

    options: of the sequence. identity: as pg_attribute.attidentity has it.
    """
    on = quote_name(table.schema, table.name)
    kind = "ALWAYS" if identity == "a" else "BY DEFAULT"
    alter = f"ALTER TABLE {on} ALTER COLUMN {column}"
    options = options.partition(" INCREMENT")[2]
    own = f"pg_get_serial_sequence({quote_literal(on)}, {quote_literal(catalog_name(column))})"
    executor.run_short(
        f"{alter} DROP DEFAULT",
        f"ALTER SEQUENCE {sequence} OWNED BY NONE",
        f"{alter} ADD GENERATED {kind} AS IDENTITY (INCREMENT{options})",
        f"SELECT setval({own}, last_value, is_called) FROM {sequence}",  # noqa: S608  # names
        f"DROP SEQUENCE {sequence}",
    )
