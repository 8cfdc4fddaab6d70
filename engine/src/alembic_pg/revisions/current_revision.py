"""Track which revision runs, and what it has committed, for the message when it fails."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from alembic_pg.database.silence import Silence
from alembic_pg.errors import FunctionError, refuse_exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import Script

    StepsFunction = Callable[[Any, MigrationContext], Iterable[MigrationStep]]


@dataclass
class RunState:
    """A run of revisions.

    step: the step of the revision that runs, or ran last.
    partly_committed: whether that revision committed something before its end.
    committed_untracked: whether that was sent past the operations, so that no note has it all.
    committed_elsewhere: whether it did so on a connection of its own.
    resumed: whether an earlier run did.
    wrap_function: takes a step and its function, and returns the function that runs instead.
    heads: the revisions that the database was at.
    hint: what to try when an object is there already.
    path_setting: the last statement of the revision that has set the search_path, "" without one.
    refused_by: which event trigger has refused a statement, and the way out, as a sentence.
    where: what a person calls the server, "" for its address.
    silence: how long its session has said nothing.
    """

    step: Any = None
    partly_committed: bool = False
    committed_untracked: bool = False
    committed_elsewhere: bool = False
    resumed: bool = False
    wrap_function: Callable[[Any, Callable[..., None]], Callable[..., None]] | None = None
    heads: tuple[str, ...] = ()
    hint: str = ""
    path_setting: str = ""
    refused_by: str = ""
    where: str = ""
    silence: Silence = field(default_factory=Silence)

    @property
    def label(self) -> str:
        """What to call the step: its revision, what that does, and what its names mean."""
        revision = getattr(self.step, "revision", None)
        if revision is None:
            return "The command"
        return f"Revision {revision_label(revision)}{self._path()}"

    def _path(self) -> str:
        if not self.path_setting:
            return ""
        from alembic_pg.sql import session_statements  # noqa: PLC0415  # rare

        path = session_statements.search_path_set_by(self.path_setting)
        return path and f" with search_path {path}"


def revision_label(revision: Script) -> str:
    """Return a revision's id, with its message in brackets where it has one."""
    return f"{revision.revision} ({revision.doc})" if revision.doc else str(revision.revision)


def direction_of(step: MigrationStep) -> str:
    """Return upgrade or downgrade, which a step of a revision is."""
    return "upgrade" if step.is_upgrade else "downgrade"


def place_name(revisions: Iterable[str]) -> str:
    """Return what to call where a database is, as a command names it. revisions: its heads."""
    return ", ".join(revisions) or "base"


def checked_steps(steps: StepsFunction) -> StepsFunction:
    """Return the same steps, each of which fails where its function does not run to its end."""

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:  # noqa: ANN401
        for step in steps(heads, context):
            if hasattr(step, "migration_fn"):  # not that of a stamp
                step.migration_fn = _checked_function(step.migration_fn)
            yield step

    return each


def _checked_function(function: Callable[..., Any]) -> Callable[..., None]:
    @functools.wraps(function)
    def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
        run_function(function, **options)

    return run


def run_function(function: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401  # as above
    """Call upgrade() or downgrade() of a revision.

    Raises FunctionError where it ends the process, or where calling it runs nothing.
    """
    with refuse_exit():
        returned = function(**options)
    if isinstance(returned, GeneratorType | CoroutineType):
        returned.close()
    if isinstance(returned, GeneratorType | CoroutineType | AsyncGeneratorType):
        raise FunctionError("its function has yield or async in it, so nothing of it runs")


def track_steps(steps: StepsFunction, running: RunState) -> StepsFunction:
    """Return the same steps, each noted in ``running`` when its turn comes."""

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:  # noqa: ANN401
        for step in steps(heads, context):
            running.step = step
            running.partly_committed = running.committed_untracked = False
            running.committed_elsewhere, running.path_setting = False, ""
            yield step

    return each


def prepare_steps(steps: StepsFunction, running: RunState) -> StepsFunction:
    """Return the same steps, each with the function that ``running`` makes of its own."""

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:  # noqa: ANN401
        for step in steps(heads, context):
            if running.wrap_function is not None:
                step.migration_fn = running.wrap_function(step, step.migration_fn)
            yield step

    return each


def note_autocommit(context: MigrationContext, running: RunState) -> None:
    """Note in ``running`` when a revision opens an autocommit block, which commits."""
    block = context.autocommit_block

    @contextmanager
    def noted() -> Iterator[None]:
        running.partly_committed = True
        with block():
            yield

    context.autocommit_block = noted  # type: ignore[method-assign]  # of this one context


def create_version_table_first(steps: StepsFunction) -> StepsFunction:
    """Return the same steps, the first of which makes Alembic's own table.

    It then belongs to that step's transaction, and goes with it when the step fails.
    """

    @functools.wraps(steps)
    def each(heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:  # noqa: ANN401
        missing = not heads
        for step in steps(heads, context):
            if missing:
                step.migration_fn = _with_version_table(step.migration_fn, context)
            missing = False
            yield step

    return each


def _with_version_table(
    function: Callable[..., None], context: MigrationContext
) -> Callable[..., None]:
    @functools.wraps(function)
    def run(**options: Any) -> None:  # noqa: ANN401  # as Alembic types them
        context._ensure_version_table()  # noqa: SLF001  # as run_migrations() would
        function(**options)

    return run
