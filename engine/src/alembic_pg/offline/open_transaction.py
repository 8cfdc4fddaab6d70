"""The transaction that a script has open, which is not written before it is known what follows.

A view, say, that is dropped before a type changes and created after, goes in the moment of the
swap, for which all is prepared before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.offline import plpgsql_blocks, psql_commands
from alembic_pg.online.run import journal
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.online.run.signals import PreparedSwap
    from alembic_pg.options import Settings


@dataclass
class OpenTransaction:
    """The transaction; lines: its comments. said: its statements, as Runner.said has them.

    texts: how they are written. moments: the changes of types that are swapped in it, by their
    places among these. prepared, swapped: as Runner has them.
    """

    lines: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    moments: dict[int, PreparedSwap] = field(default_factory=dict)
    prepared: dict[str, Callable[[], None]] = field(default_factory=dict)
    swapped: set[tuple[int, str]] = field(default_factory=set)

    def add(self, sql: str, text: str) -> None:
        """Take a statement in. text: how it is written."""
        self.said.append(sql)
        self.texts.append(text)

    def swap(self, moment: PreparedSwap) -> None:
        """Take the swap of a column in."""
        self.moments[len(self.said)] = moment
        self.add(session_statements.SWAP_ENTRY, moment.sql)

    def cut(self, key: str) -> OpenTransaction:
        """Return the first part of it, up to a statement by its key; the rest stays here."""
        at = next(n for n, sql in enumerate(self.said) if journal.statement_key(sql) == key)
        first = OpenTransaction(self.lines, self.said[:at], self.texts[:at])
        self.lines, self.said, self.texts = [], self.said[at:], self.texts[at:]
        return first

    def steps(self, settings: Settings) -> Iterator[str]:
        """Yield what stands before the transaction, and itself but for its end."""
        if not self.moments:
            yield from ["BEGIN", *self.lines, *self.texts]
            return
        end = max(self.moments) + 1
        small = self.texts[:end]
        large = [
            one
            for at, text in enumerate(small)
            for one in (self.moments[at].swap if at in self.moments else [text])
        ]
        yield psql_commands.query_if_large(
            settings, {table for moment in self.moments.values() for table in moment.tables}
        )
        yield psql_commands.IF_LARGE
        for moment in self.moments.values():
            yield from moment.before
        yield from [psql_commands.END, "BEGIN", *self.lines, psql_commands.IF_LARGE]
        yield plpgsql_blocks.retry_block(settings, plpgsql_blocks.HIDE_NOTICES, *large)
        yield psql_commands.ELSE
        yield plpgsql_blocks.retry_block(settings, *small)
        yield psql_commands.END
        yield from self.texts[end:]
