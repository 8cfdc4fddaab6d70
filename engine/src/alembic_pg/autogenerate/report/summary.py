"""Summarize revisions for the screen: operations, locks, steps, losses and open questions."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from alembic.autogenerate.api import AutogenContext

from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.backfill_op import filled_columns
from alembic_pg.autogenerate.proof.candidate import open_candidate
from alembic_pg.autogenerate.report import lock_effects, questions
from alembic_pg.autogenerate.report.differences import HEADER
from alembic_pg.autogenerate.report.kept_constraints import is_kept
from alembic_pg.autogenerate.report.object_groups import object_groups
from alembic_pg.console import status
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.online.strategies.strategy import METADATA_ONLY, REWRITE, SCAN
from alembic_pg.options import command_settings
from alembic_pg.plan import report
from alembic_pg.plan.planner import REFUSED, Planner
from alembic_pg.revisions import schema_model
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.revisions.destroys_declaration import declaration_line
from alembic_pg.revisions.impact import ImpactReader
from alembic_pg.revisions.impact_findings import Impact
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.lock_modes import LOCK_MODES, strongest_lock
from alembic_pg.sql.quoting import object_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.proof.candidate import Candidate
    from alembic_pg.autogenerate.report.lock_effects import LockEffect
    from alembic_pg.autogenerate.report.object_groups import ObjectGroup
    from alembic_pg.autogenerate.sides.comparison import Comparison
    from alembic_pg.online.strategies.strategy import ExecutionSummary
    from alembic_pg.revisions.statements import RevisionStatement

# What a hint calls all revisions of a change, by their number.
_ALL_REVISIONS = {1: "the revision", 2: "both revisions", 3: "the three revisions"}

# What can be locked.
_RELATIONS = frozenset({"FOREIGN TABLE", "MATERIALIZED VIEW", "SEQUENCE", "TABLE", "VIEW"})

REVISION_HEADER = (*HEADER, "lock", "effect", "on a large table")


@dataclass(frozen=True)
class RevisionSummary:
    """Say what one revision does.

    table: the rows for the screen: operation, object, lock, nature, steps. findings: what it
    destroys and breaks. locks: the strongest lock of each relation, and how long it lasts.
    """

    table: list[tuple[str, str, str, str, str]]
    findings: Impact
    locks: dict[str, tuple[str, str]] = field(default_factory=dict)


def summarize_revisions(
    context: MigrationContext, comparison: Comparison, scripts: Sequence[MigrationScript]
) -> list[RevisionSummary]:
    """Return each revision's operations with their locks and steps, and what it destroys.

    What touches something that was there runs on a candidate once more for that, on which every
    table is taken for a large one. scripts: the revisions, in their order.
    """
    rendering = AutogenContext(context, autogenerate=False)
    relations = [one for one in comparison.before.values() if one.kind in _RELATIONS]
    existing = frozenset(relation.name for relation in relations)
    groups = [
        object_groups(flatten.upgrade_operations(script), comparison.before, comparison.after)
        for script in scripts
    ]
    if not existing:
        return [RevisionSummary([*map(_new_row, some)], Impact()) for some in groups]
    with (
        open_candidate(comparison, rendering) as candidate,
        connect(candidate.url, source=SCRATCH_SOURCE) as connection,
    ):
        settings = command_settings(context.config)
        planner = Planner(context, connection, settings, RunState(), assume_large=True)
        planner.start()
        with connection.begin():
            schema = schema_model.read_schema(connection)
        schema.is_kept = partial(is_kept, comparison.before, comparison.after)
        reader = ImpactReader(schema)
        meter = _Meter(candidate, planner, reader, existing)
        return [meter.summarize(script, some) for script, some in zip(scripts, groups, strict=True)]


def summary_text(
    comparison: Comparison,
    scripts: Sequence[MigrationScript],
    summaries: Sequence[RevisionSummary],
) -> str:
    """Return the summaries of revisions as text for the screen, with what is to be asked."""
    lines: list[str] = []
    for script, summary in zip(scripts, summaries, strict=True):
        if len(scripts) > 1:
            lines += [*([""] if lines else []), f"Revision {script.rev_id} ({script.message}):"]
        lines.append(report.render_table(REVISION_HEADER, summary.table))
        lines += _findings_lines(summary.findings)
    filled = filled_columns(one for script in scripts for one in flatten.upgrade_operations(script))
    for hint in questions.open_questions(comparison.before, comparison.after, filled):
        lines.append(hint.replace("delete the revision", f"delete {_ALL_REVISIONS[len(scripts)]}"))
    return "\n".join(lines)


def _findings_lines(found: Impact) -> Iterable[str]:
    """Return what follows the table; a revision that is only written now confirms nothing yet."""
    declaration = declaration_line(found.destroys) if found.destroys else ""
    return report.findings_lines(found.destroys, declaration, found.breaks)


def _new_row(group: ObjectGroup) -> tuple[str, str, str, str, str]:
    return group.verb, group.name, "none", METADATA_ONLY, ""


@dataclass(frozen=True)
class _Effect:
    """How one operation runs: its lock with the tables where that is to be said, nature, steps."""

    lock: str
    where: tuple[str, ...]
    nature: str
    steps: str = ""

    @property
    def strength(self) -> int:
        """How strong the lock is, 0 for none."""
        return LOCK_MODES.index(self.lock) + 1 if self.lock in LOCK_MODES else 0

    @property
    def length(self) -> int:
        """How long it takes: 0 for a moment."""
        words = (SCAN, REWRITE, REFUSED)
        return max((n for n, word in enumerate(words, 1) if word in self.nature), default=0)


@dataclass(frozen=True)
class _Meter:
    """Measure revisions on a candidate, one after the other.

    existing: the names of the relations that were there before.
    """

    candidate: Candidate
    planner: Planner
    reader: ImpactReader
    existing: frozenset[str]

    def summarize(self, script: MigrationScript, groups: Sequence[ObjectGroup]) -> RevisionSummary:
        """Run a revision; return what it does."""
        operations = flatten.upgrade_operations(script)
        self.planner.start_revision()
        self.reader.begin_revision()
        executed = {id(operation): self.candidate.statements(operation) for operation in operations}
        self.planner.written = [one.sql for some in executed.values() for one in some]
        harmless = {
            id(operation)
            for group in groups
            if group.is_new
            for operation in group.operations
            if not any(map(self._touches, executed[id(operation)]))
        }
        effects = {}
        with closing(
            lock_effects.measure_effects(self.candidate, operations, harmless)
        ) as measured:
            for operation in status.counted(operations, "Measuring locks", "operation"):
                some = executed[id(operation)]
                plans = (
                    []
                    if id(operation) in harmless
                    else [self.planner.summarize(statement) for statement in some]
                )
                for statement in some:
                    self.reader.read_sql(statement.sql, statement.existing)
                effects[id(operation)] = _effect(plans, some, next(measured))
        table = [
            self._row(group, [effects[id(operation)] for operation in group.operations])
            for group in groups
        ]
        locks = _locks_by_relation(effects.values())
        return RevisionSummary(table, self.reader.end_revision(), locks)

    def _touches(self, statement: RevisionStatement) -> bool:
        """Return whether a statement names a relation that was there, in a string maybe."""
        return any(
            token.identifier in self.existing
            or (
                token.kind in {"dollar", "string"}
                and not self.existing.isdisjoint(re.findall(r"\w+", token.text))
            )
            for token in tokenize(statement.sql)
        )

    def _row(
        self, group: ObjectGroup, effects: Sequence[_Effect]
    ) -> tuple[str, str, str, str, str]:
        strongest = max(effects, key=lambda one: one.strength)
        longest = max(effects, key=lambda one: (one.length, bool(one.steps)))
        words = group.name.replace(",", " ").split()
        parts = {part for word in words for part in (word, *word.split("."))}
        others = [name for name in strongest.where if name not in parts]
        where = f" on {', '.join(strongest.where)}" if others else ""
        return (
            group.verb,
            group.name,
            f"{strongest.lock}{where}",
            longest.nature,
            longest.steps,
        )


def _effect(
    plans: Sequence[ExecutionSummary], executed: Sequence[RevisionStatement], effect: LockEffect
) -> _Effect:
    """Return how an operation runs on a large table: by its strategy, or as it was measured."""
    told = [
        (plan, statement)
        for plan, statement in zip(plans, executed, strict=False)
        if plan.steps or plan.effect == REFUSED
    ]
    if told:
        # Of several statements, the one that is refused says what becomes of all.
        plan, statement = max(told, key=lambda one: one[0].effect == REFUSED)
        _, tables = strongest_lock(statement.sql)
        names = tuple(object_label(table) for table in tables)
        return _Effect(plan.lock or "none", names, plan.effect, plan.steps)
    nature = METADATA_ONLY if effect.duration == "metadata" else effect.duration
    return _Effect(effect.lock, effect.locked, nature)


def _locks_by_relation(effects: Iterable[_Effect]) -> dict[str, tuple[str, str]]:
    """Return the strongest lock of each relation, and the longest time that one lasts."""
    by_relation: dict[str, list[_Effect]] = {}
    for effect in effects:
        for name in effect.where:
            by_relation.setdefault(name, []).append(effect)
    return {
        name: (
            max(some, key=lambda one: one.strength).lock,
            max(some, key=lambda one: one.length).nature,
        )
        for name, some in by_relation.items()
    }
