"""Hold what was found before a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.plan.revision_plan import RevisionPlan
    from alembic_pg.preflight.cost.estimate import Estimate
    from alembic_pg.preflight.demand import Finding
    from alembic_pg.preflight.hindrances import Hindrance


@dataclass(frozen=True)
class RevisionResult:
    """What was found of one revision.

    plan: None where there is none. findings: what rows say to its statements. estimates: one for
    each statement of the plan.
    """

    revision: str
    label: str
    plan: RevisionPlan | None
    findings: tuple[Finding, ...]
    estimates: tuple[Estimate, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """What the run would refuse whatever the rows are."""
        return self.plan.refusals if self.plan else ()

    @property
    def is_refused(self) -> bool:
        """Whether the run would be refused."""
        return bool(self.refusals) or any(one.refuses for one in self.findings)

    @property
    def uncounted(self) -> tuple[Finding, ...]:
        """What nobody can tell."""
        return tuple(one for one in self.findings if one.count is None)


@dataclass(frozen=True)
class Result:
    """What was found before a run.

    database, host, role, at: where was looked. replica: where rows were counted, "" for there, too.
    no_plan: why there is no plan, "" where there is one. remarks, refusals: sentences about the run
    as a whole; it would stop with the latter. space_needed, space_free: bytes; None
    where it cannot be seen.
    """

    database: str
    host: str
    role: str
    at: str
    revisions: tuple[RevisionResult, ...]
    hindrances: tuple[Hindrance, ...]
    replica: str = ""
    no_plan: str = ""
    remarks: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    space_needed: int = 0
    space_free: int | None = None

    @property
    def lacks_space(self) -> bool:
        """Whether the disk has too little room."""
        return self.space_free is not None and self.space_free < self.space_needed

    @property
    def blocks(self) -> bool:
        """Whether something is in the way for which a run would wait."""
        return any(one.blocks for one in self.hindrances)

    @property
    def found_something(self) -> bool:
        """Whether a run would be refused, or wait, now."""
        refused = bool(self.refusals) or any(one.is_refused for one in self.revisions)
        return refused or self.blocks or self.lacks_space
