"""Hold what a run would do of a revision, as data, and define what prints it in a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from alembic_pg.online.strategies.strategy import ExecutionSummary


@dataclass(frozen=True)
class StatementPlan:
    """How a run would execute one statement.

    operation, object: what a person calls them. summary: steps, lock, effect.
    is_done: whether an earlier run did it. is_large: whether its table is a large one.
    rows: of the table, by its statistics; None without any. size: of the table in bytes, None
    where the statement is about no table. table: its name, as SQL has it, "" for none. sql: its
    text.
    """

    operation: str
    object: str
    summary: ExecutionSummary
    is_done: bool = False
    is_large: bool | None = None
    rows: float | None = None
    size: int | None = None
    table: str = ""
    sql: str = ""


@dataclass(frozen=True)
class RevisionPlan:
    """What a run would do of one revision.

    revision: its id. label: its id and message. commits_steps: whether it runs in steps that
    commit, not in one transaction. unreadable: why its statements cannot be known before it runs,
    "" where they can. destroys: what it destroys; unconfirmed: what of that it does not name;
    declaration: the line that names all of it. breaks: what code of the release before breaks on.
    warnings: what the run would tell. refusals: what it would stop with.
    """

    revision: str
    label: str
    commits_steps: bool = False
    unreadable: str = ""
    statements: tuple[StatementPlan, ...] = ()
    destroys: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    declaration: str = ""
    breaks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


class PlanForm(Protocol):
    """Print a plan."""

    def remark(self, text: str, *, refused: bool = False) -> None:
        """Take a sentence about the run as a whole. refused: whether the run would stop with it."""

    def add(self, plan: RevisionPlan) -> None:
        """Take the next revision."""

    def end(self, *, undone: str, nothing_to_do: bool) -> None:
        """Take the end.

        undone: the revision whose half-done upgrade the command would take back, "" for none.
        nothing_to_do: whether the database is there already.
        """
