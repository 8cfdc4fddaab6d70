"""Let the drops of a plan wait as those of a run do: what they take away is there until then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_pg.online.run.signals import PostponedDrop
from alembic_pg.online.strategies import create_index, replace_constraint
from alembic_pg.plan.planned_catalog import PlannedCatalog
from alembic_pg.revisions.statements import step_texts

if TYPE_CHECKING:
    from alembic_pg.online.strategies.strategy import Decision

# How a drop runs that is no part of the open transaction.
DROPS = (
    replace_constraint.wait_for_new_one.summary,
    create_index.drop_concurrently.summary,
)


@dataclass
class PlannedDrops(PlannedCatalog):
    """Remember what a statement drops once the run would have dropped it."""

    def let_drop_wait(self, sql: str, work: Decision | None) -> None:
        """Let a statement have dropped nothing yet, where it waits. work: how it runs."""
        if work is None or work.wait is None or not work.wait.passes:
            return
        from alembic_pg.online import dropped_indexes  # noqa: PLC0415  # of few revisions

        name = dropped_indexes.dropped_name(self, sql, self.current_table)
        remember = partial(self.earlier.remember, sql, self.current_table)
        self.postponed.append(PostponedDrop(sql, remember, name, wait=work.wait))

    def warnings_if_read(self, step: Any) -> tuple[str, ...]:  # noqa: ANN401  # Alembic's step
        """Return what the run of a revision that asks the database may tell of what it drops.

        The connection has no transaction before and after.
        """
        texts = step_texts(step)
        if not any("DROP" in sql.upper() for sql in texts):
            return ()
        from alembic_pg.online import dropped_indexes  # noqa: PLC0415  # of few revisions

        with self.connection.begin():
            return tuple(dropped_indexes.gap_warnings(self, texts))

    def waits(self, sql: str) -> bool:
        """Return whether a statement is a drop that waits."""
        return any(one.key == sql for one in self.postponed_drops())

    def remember_due_drops(self, sql: str, *, replaced: bool = True) -> None:
        """Remember the drops that a statement comes after. replaced: as run_pending() has it."""
        for one in self.postponed_drops():
            if not one.wait.lasts_at(sql, replaced=replaced):
                self.postponed.remove(one)
                one.run()
