"""Define the exceptions and results with which a strategy tells the runner what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.refusals.refusal import Refusal


@dataclass(frozen=True)
class PostponedStatement:
    """A statement, or a part of one, that waits for those that follow.

    key: of the statement.
    run: executes what waits.
    """

    key: str
    run: Callable[[], None]


@dataclass(frozen=True)
class Wait:
    """The later statements for which a drop waits longer than for the next one.

    passes: those before which it does not come. replacement: the one of them that makes another one
    of the same name, and drops it by itself; "" without.
    """

    passes: frozenset[str] = frozenset()
    replacement: str = ""

    def lasts_at(self, sql: str, *, replaced: bool) -> bool:
        """Return whether it is not over when a statement is executed.

        replaced: whether it is over where the statement is the replacement.
        """
        return sql in self.passes and not (replaced and sql == self.replacement)


@dataclass(frozen=True)
class PostponedDrop(PostponedStatement):
    """A drop that waits for the statements that follow, which may do for what goes.

    name: of the object that it drops.
    index: the index that goes with it, as the catalog has it, "" for none.
    """

    name: str
    index: str = ""
    wait: Wait = Wait()


@dataclass(frozen=True)
class PostponedValidation(PostponedStatement):
    """CHECKs that are validated once the transaction is over in which a type has changed.

    table: their table's oid.
    constraints: their names.
    """

    table: int
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreparedSwap:
    """A change of type in a script, whose swap belongs to the transaction that is open.

    sql: the statement.
    tables: those whose size decides.
    prepare_steps: the steps that come before the transaction.
    swap_statements: the statements in it.
    """

    sql: str
    tables: frozenset[str]
    prepare_steps: list[str]
    swap_statements: list[str]


class ReplayError(Exception):
    """Not a failure: the revision is rolled back, something prepared, and it runs once more.

    undo: takes away what was prepared, where the revision comes to nothing.
    """

    def __init__(self, key: str, prepare: Callable[[], None], undo: Callable[[], None]) -> None:
        super().__init__(key)
        self.key = key
        self.prepare = prepare
        self.undo = undo


class CommitBeforeError(Exception):
    """Not a failure: the revision is rolled back, and runs once more, with a commit in between.

    key: of the statement before which that is.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class RefusedError(UserError):
    """A step that failed, and took back all that it did.

    refusal: why. text: that, and what else a person may do.
    """

    def __init__(self, label: str, refusal: Refusal, way_out: str = "") -> None:
        self.refusal = refusal
        self.text = refusal.text + way_out
        super().__init__(f"{label} stops: {self.text}")


class UnfinishedError(UserError):
    """A step that failed and leaves a part of its work, which the note tells of."""


@dataclass(frozen=True)
class UnchangedStatement:
    """A statement of a script that stands as it is; text: with a comment that says why."""

    text: str


class NoStepsError(Exception):
    """Nobody knows what a statement does, or its steps are not possible; the text says why."""
