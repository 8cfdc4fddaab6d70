"""Find Alembic's own table, and make it before the first revision, which notes its steps in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection


# The place of a table that is not there yet is where it will be.
_VERSION_AND_SCHEMA = text("""
SELECT current_setting('server_version_num')::int AS version,
  coalesce((SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass(:own)),
    quote_ident(current_schema())) AS schema
""")


def read_version_and_place(connection: Connection, own: str, schema: str | None) -> tuple[int, str]:
    """Return the server's version, and Alembic's own table with its schema.

    So it is found whatever search_path a revision sets: for one tenant after the other, say. own:
    the table, as a statement names it. schema: the one that is configured.
    """
    found = connection.execute(_VERSION_AND_SCHEMA, {"own": own}).one()
    known = bool(schema) or found.schema is None
    return found.version, own if known else f"{found.schema}.{own}"


@dataclass
class VersionTable:
    """Alembic's own table, for one revision.

    needed: whether it is the first revision of all. made: whether its run has made the table.
    """

    needed: bool = False
    made: bool = False

    def ensure(self, context: MigrationContext) -> None:
        """Make the table in the open transaction, if it is needed and not there."""
        if self.needed and not context._has_version_table():  # noqa: SLF001  # no public name
            context._ensure_version_table()  # noqa: SLF001  # as run_migrations() would
            self.made = True
