"""What is compared: the two schemas, and where a candidate can be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.scope.column_differences import ColumnDifferences
from alembic_pg.autogenerate.scope.filters import EVERYTHING, Scope

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer


@dataclass(frozen=True)
class Comparison:
    """What is compared, and where a candidate can be made.

    before: what the revisions build. after: what the models build. template: the database of
    which the candidate is a copy. version_table: Alembic's own table, which does not count.
    scope: what counts of a dump; that of the two is done.
    renames: what leads from the template to ``before``, where the models ask for it.
    spare: a copy of the template that Alembic's comparators have read, for the first candidate.
    proven: whether the operations have to be proven, as those of a revision that is written.
    """

    databases: ScratchServer
    template: str
    before: Dump
    after: Dump
    version_table: str
    scope: Scope = EVERYTHING
    renames: tuple[MigrateOperation, ...] = ()
    proven: bool = True
    spare: list[str] = field(default_factory=list)

    @cached_property
    def columns(self) -> ColumnDifferences:
        """What Alembic's comparators ask about types and defaults."""
        before, after = (
            {key: side[key] for key in self.tables if key in side}
            for side in (self.before, self.after)
        )
        return ColumnDifferences(before, after)

    @cached_property
    def differing(self) -> list[str]:
        """The keys of the entries that differ."""
        return compare.differing_keys(self.before, self.after)

    @cached_property
    def tables(self) -> set[str]:
        """The keys of the tables that differ, by themselves or in what belongs to them."""
        return compare.changed_tables(self.before, self.after, self.differing)
