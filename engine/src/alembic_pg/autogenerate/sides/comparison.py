"""Hold the two compared schemas, their differences, and where candidate databases are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare
from alembic_pg.autogenerate.ops.operation_source import OperationSources
from alembic_pg.autogenerate.scope.column_differences import ColumnDifferences
from alembic_pg.autogenerate.scope.filters import EVERYTHING, Scope
from alembic_pg.autogenerate.sides.authored_texts import AuthoredTexts
from alembic_pg.revisions.trial.host import THIS_PROCESS

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.dump.known_rest import KnownRest
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.revisions.stand_ins import StandIn
    from alembic_pg.revisions.trial.host import Host


@dataclass(frozen=True)
class Comparison:
    """Hold the two schemas, their differences, and where candidates are made.

    databases: the server on which candidates are made.
    template: the database of which each candidate is a copy.
    before: the objects that the revisions build, filtered by scope, after the renames.
    after: the objects that the models build, filtered by scope.
    version_table: Alembic's own table, which is in neither.
    scope: which objects of a dump count.
    renames: the operations that lead from the template to ``before``.
    must_prove: whether the operations have to be proven, as those of a revision that is written.
    spare_copies: the name of a copy of the template that Alembic's comparators have read; the first
    candidate takes it. host: the process in which operations are tried.
    texts: what authors wrote for objects, in the models and in the revisions.
    sources: the texts of the operations that are tried.
    rest: what is known to be the same before and after. stand_ins: for the tables that foreign keys
    refer to and that are left out.
    """

    databases: ScratchServer
    template: str
    before: Dump
    after: Dump
    version_table: str
    scope: Scope = EVERYTHING
    renames: tuple[MigrateOperation, ...] = ()
    must_prove: bool = True
    spare_copies: list[str] = field(default_factory=list)
    texts: AuthoredTexts = field(default_factory=AuthoredTexts)
    host: Host = THIS_PROCESS
    rest: KnownRest | None = None
    stand_ins: tuple[StandIn, ...] = ()
    sources: OperationSources = field(default_factory=OperationSources)

    @cached_property
    def column_differences(self) -> ColumnDifferences:
        """The answers to Alembic's comparators about types and defaults of columns."""
        before, after = (
            {key: side[key] for key in self.changed_tables if key in side}
            for side in (self.before, self.after)
        )
        return ColumnDifferences(before, after)

    @cached_property
    def differing_keys(self) -> list[str]:
        """The keys of the entries that differ."""
        return compare.differing_keys(self.before, self.after)

    @cached_property
    def changed_tables(self) -> set[str]:
        """The keys of the tables that differ, by themselves or in what belongs to them."""
        return compare.changed_tables(self.before, self.after, self.differing_keys)
