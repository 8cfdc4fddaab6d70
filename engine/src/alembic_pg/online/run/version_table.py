"""Make Alembic's own table before the first revision of all, which notes its steps in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


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
