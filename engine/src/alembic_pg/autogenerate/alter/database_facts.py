"""Hold what is known of a database beside its dump."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.autogenerate.dump.column_users import ColumnUsers
    from alembic_pg.autogenerate.dump.entry import ColumnPath
    from alembic_pg.database.server_features import ServerFeatures


@dataclass(frozen=True)
class DatabaseFacts:
    """Hold what decides how a database is altered.

    features: what its server can do.
    read_column_users: asks the database what uses which column. None where that was not enough:
    what uses a table then counts as using each of its columns.
    irreplaceable: the labels of objects that PostgreSQL does not replace in their place.
    to_be_filled: columns of which rows get a value when nothing computed of them is there any more.
    """

    features: ServerFeatures
    read_column_users: Callable[[], ColumnUsers] | None = None
    irreplaceable: frozenset[str] = frozenset()
    to_be_filled: frozenset[ColumnPath] = frozenset()

    def asked_once(self) -> DatabaseFacts:
        """Return the facts of a database that stays as it is: it is asked at most once."""
        if self.read_column_users is None:
            return self
        return replace(self, read_column_users=cache(self.read_column_users))
