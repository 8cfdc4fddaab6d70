"""Remember what the texts of operations execute, so that a trial of the same ones is short.

A revision goes up, down and up again. What its text executed the first time, it executes each
time, unless it asks the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.revisions import statements

if TYPE_CHECKING:
    from alembic_pg.revisions.statements import RevisionStatement


class KnownTexts:
    """Hold what texts have executed.

    executed: the statements as they were sent, by the text; none of a text that asked something.
    """

    def __init__(self) -> None:
        self.executed: dict[str, tuple[str, ...]] = {}
        self._statements: dict[str, list[RevisionStatement]] = {}

    def statements(self, source: str) -> list[RevisionStatement]:
        """Return the statements that a text would execute. Raises what it raises."""
        if source not in self._statements:
            self._statements[source] = statements.source_statements(source)
        return self._statements[source]

    def forget(self) -> None:
        """Forget all: what a process has imported may print a statement in another way."""
        self.executed.clear()
        self._statements.clear()
