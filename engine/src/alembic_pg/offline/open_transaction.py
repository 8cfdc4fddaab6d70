"""Hold back a script's open transaction until it is known whether a column swap belongs into it.

A view that is dropped before a type changes, and created after, is then missing only during the
swap, for which all is prepared before the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.offline import lock_needs, plpgsql_blocks, psql_commands
from alembic_pg.offline.lock_needs import LockNeed
from alembic_pg.online.run import journal
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.online.run.signals import PreparedSwap
    from alembic_pg.options import Settings


@dataclass
class OpenTransaction:
    """The transaction that a script has open.

    comments: lines that stand before its statements.
    executed: its statements, as Runner.executed has them.
    texts: how they are written.
    needs: what they have to do with locks.
    swaps: the changes of types that are swapped in it, by their places among these.
    prepared_swaps, swapped_columns: as Runner has them.
    """

    comments: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    needs: list[LockNeed] = field(default_factory=list)
    swaps: dict[int, PreparedSwap] = field(default_factory=dict)
    prepared_swaps: dict[str, Callable[[], None]] = field(default_factory=dict)
    swapped_columns: set[tuple[int, str]] = field(default_factory=set)

    def add(self, sql: str, text: str, need: LockNeed = LockNeed.NONE) -> None:
        """Take a statement in. text: how it is written. need: what it has to do with locks."""
        self.executed.append(sql)
        self.texts.append(text)
        self.needs.append(need)

    def count_unnoted(self) -> int:
        """Return how many of its statements no note may call done before its end."""
        return sum(not session_statements.is_session_statement(one) for one in self.executed)

    def add_swap(self, moment: PreparedSwap) -> None:
        """Take the swap of a column in."""
        self.swaps[len(self.executed)] = moment
        self.add(session_statements.SWAP_ENTRY, moment.sql, LockNeed.STRONG)

    def split_before(self, key: str) -> OpenTransaction:
        """Return the first part of it, up to a statement by its key; the rest stays here."""
        at = max(n for n, sql in enumerate(self.executed) if journal.statement_key(sql) == key)
        swaps = {place: swap for place, swap in self.swaps.items() if place < at}
        first = OpenTransaction(
            self.comments, self.executed[:at], self.texts[:at], self.needs[:at], swaps
        )
        self.comments, self.needs = [], self.needs[at:]
        self.executed, self.texts = self.executed[at:], self.texts[at:]
        self.swaps = {place - at: swap for place, swap in self.swaps.items() if place >= at}
        self.swapped_columns.clear()
        return first

    def script_steps(self, settings: Settings) -> Iterator[str]:
        """Yield what stands before the transaction, and itself but for its end."""
        if not self.swaps:
            yield from ["BEGIN", *self.comments]
            yield from lock_needs.in_blocks(settings, self.texts, self.needs)
            return
        end = lock_needs.end_of_waiting(self.needs, max(self.swaps))
        small = self.texts[:end]
        large = [
            one
            for at, text in enumerate(small)
            for one in (self.swaps[at].swap_statements if at in self.swaps else [text])
        ]
        yield psql_commands.query_if_large(
            settings, {table for moment in self.swaps.values() for table in moment.tables}
        )
        yield psql_commands.IF_LARGE
        for moment in self.swaps.values():
            yield from moment.prepare_steps
        yield from [psql_commands.END, "BEGIN", *self.comments, psql_commands.IF_LARGE]
        yield plpgsql_blocks.retry_block(settings, plpgsql_blocks.HIDE_NOTICES, *large)
        yield psql_commands.ELSE
        yield plpgsql_blocks.retry_block(settings, *small)
        yield psql_commands.END
        yield from self.texts[end:]
