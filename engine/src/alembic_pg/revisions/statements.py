"""Return the statements of a revision without a database, as ``--sql`` would write them."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from alembic_pg.database.url import DRIVER
from alembic_pg.revisions.current_revision import run_function
from alembic_pg.revisions.render_impl import RenderImpl, install_writing_impl
from alembic_pg.sql.column_types import ColumnType, read_type
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import CodeType

    from alembic.script import Script

    from alembic_pg.revisions.source_texts import SourceReader


@dataclass(frozen=True)
class RevisionStatement:
    """A statement of a revision.

    in_batches: whether the revision wants it in batches.
    existing: the types that the revision says columns have before it, by their names.
    in_autocommit_block: whether it stands in an autocommit block.
    """

    sql: str
    in_batches: bool = False
    existing: Mapping[str, ColumnType] = field(default_factory=dict)
    in_autocommit_block: bool = False


class UnreadableError(Exception):
    """A revision that asks a database; the text is its own error's."""


class _Recorder(RenderImpl):
    """Keeps what it would write."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Alembic's own
        super().__init__(*arguments, **options)
        self.recorded: list[RevisionStatement] = []
        self.existing: dict[str, ColumnType] = {}
        self.in_autocommit_block = False

    def alter_column(self, table_name: str, column_name: str, **options: Any) -> None:  # noqa: ANN401  # Alembic's own
        """Keep the type that the revision says a column has."""
        existing = options.get("existing_type")
        if existing is not None:
            kind = existing() if isinstance(existing, type) else existing
            self.existing[column_name] = read_type(Cursor(kind.compile(self.dialect)))
        super().alter_column(table_name, column_name, **options)
        self.existing.clear()

    def _render(self, statement: str, *, in_batches: bool) -> None:
        alone = self.in_autocommit_block
        self.recorded.append(RevisionStatement(statement, in_batches, dict(self.existing), alone))

    def emit_commit(self) -> None:
        """Know that an autocommit block begins."""
        self.in_autocommit_block = True

    def emit_begin(self) -> None:
        """Know that it ends."""
        self.in_autocommit_block = False

    def static_output(self, text: str) -> None:
        """Write nothing."""


@contextmanager
def record_statements() -> Iterator[list[RevisionStatement]]:
    """Let operations be kept in the list that is yielded, and not executed.

    Alembic's op is the one of before again after the block: a run's own, say.
    """
    before = getattr(op, "_proxy", None)
    context = MigrationContext.configure(
        url=f"{DRIVER}://", opts={"as_sql": True}, dialect_opts={"paramstyle": "named"}
    )
    recorder = install_writing_impl(context, _Recorder, None)
    try:
        with Operations.context(context):
            yield recorder.recorded
    finally:
        if before is not None:
            before._install_proxy()  # noqa: SLF001  # as Operations.context() does


def function_statements(function: Callable[..., None]) -> list[RevisionStatement]:
    """Return the statements of a revision's function.

    Raises UnreadableError when it asks a database, or fails.
    """
    with record_statements() as said:
        try:
            run_function(function)
        except Exception as error:
            raise UnreadableError(str(error) or type(error).__name__) from error
    return said


def step_statements(step: Any) -> tuple[str, ...]:  # noqa: ANN401  # Alembic's step
    """Return the statements of a run's step, none where they cannot be known without running it.

    step: None of a revision that is about to be written, and whose order is not the last one.
    """
    if step is None:
        return ()
    return _known_texts(_function_of(step))


def is_known(step: Any) -> bool:  # noqa: ANN401  # Alembic's step
    """Return whether the statements of a run's step can be known without running it."""
    try:
        function_statements(_function_of(step))
    except UnreadableError:
        return False
    return True


def step_blocks(step: Any) -> tuple[bool, ...]:  # noqa: ANN401  # Alembic's step
    """Return which of step_statements() stand in an autocommit block."""
    if step is None:
        return ()
    return tuple(one.in_autocommit_block for one in _known_statements(_function_of(step)))


def step_texts(step: Any) -> tuple[str, ...]:  # noqa: ANN401  # Alembic's step
    """Return the statements of a run's step, and what may be some where they cannot be known.

    Of a revision that asks a database, these are the statements until it does, and the texts,
    entities and operations in its source. step: as step_statements() has it.
    """
    if step is None:
        return ()
    function = _function_of(step)
    return _known_texts(function) or _texts_in(function)


def step_followers(step: Any) -> dict[str, list[str]]:  # noqa: ANN401  # Alembic's step
    """Return what stands in a step's source under one condition with a statement, after it."""
    return _source_reader().followers(_function_of(step))


def _function_of(step: Any) -> Callable[..., None]:  # noqa: ANN401  # Alembic's step
    module = step.revision.module
    function: Callable[..., None] = module.upgrade if step.is_upgrade else module.downgrade
    return function


@lru_cache(maxsize=1)  # a run asks for those of one revision at many of its statements
def _known_texts(function: Callable[..., None]) -> tuple[str, ...]:
    return tuple(one.sql for one in _known_statements(function))


@lru_cache(maxsize=1)
def _known_statements(function: Callable[..., None]) -> tuple[RevisionStatement, ...]:
    try:
        return tuple(function_statements(function))
    except UnreadableError:
        return ()


@lru_cache(maxsize=1)
def _texts_in(function: Callable[..., None]) -> tuple[str, ...]:
    with record_statements() as said, suppress(Exception):
        run_function(function)
    return (*(one.sql for one in said), *_source_reader().texts(function))


def _source_reader() -> SourceReader:
    from alembic_pg.revisions.source_texts import SourceReader  # noqa: PLC0415  # of few revisions

    def recorded(code: CodeType, names: dict[str, Any]) -> list[str]:
        with record_statements() as said, suppress(Exception):
            eval(code, names)  # noqa: S307  # it is an operation that the revision itself has
        return [one.sql for one in said]

    return SourceReader(recorded)


def upgrade_statements(revisions: Iterable[Script]) -> Iterator[RevisionStatement]:
    """Yield the statements of the upgrades of revisions, but for those that ask a database."""
    for revision in revisions:
        try:
            said = function_statements(revision.module.upgrade)
        except UnreadableError:
            continue
        yield from said


def source_statements(source: str) -> list[RevisionStatement]:
    """Return the statements of operations, whose text is given. Raises what it raises."""
    with record_statements() as said:
        exec(source, {"op": op, "sa": sa})  # noqa: S102  # it is what the revision will execute
    return said
