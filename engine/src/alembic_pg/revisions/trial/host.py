"""The process in which revisions run where they are only tried: this one, or another.

A revision is tried where what is imported is what ``upgrade`` imports. The models are not: an
event listener of theirs on every Table, or another form of a type that they register for the whole
process, would be at work in the trial, and not in the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from alembic_pg.revisions import history_database
from alembic_pg.revisions.trial import text_session
from alembic_pg.revisions.trial.known_texts import KnownTexts

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import URL

    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.revisions.trial.text_session import Session


class Host(Protocol):
    """Where revisions are tried; see `ThisProcess`."""

    def upgrade(self, environment: EnvironmentContext, url: URL, revision: str) -> None:
        """Upgrade a scratch database."""

    def statements(self, source: str) -> list[RevisionStatement]:
        """Return what a text executes."""

    def session(self, url: URL) -> AbstractContextManager[Session]:
        """Open a session on a scratch database."""


class ThisProcess:
    """Try revisions in this process. known: what their texts execute."""

    def __init__(self) -> None:
        self.known = KnownTexts()

    def upgrade(self, environment: EnvironmentContext, url: URL, revision: str) -> None:
        """Upgrade a scratch database to a revision. Raises UserError naming the one that fails."""
        history_database.upgrade_database(environment, url, revision)

    def statements(self, source: str) -> list[RevisionStatement]:
        """Return the statements that the text of operations executes. Raises what it raises."""
        return self.known.statements(source)

    def session(self, url: URL) -> AbstractContextManager[Session]:
        """Open a session on a scratch database, in which the text of operations runs."""
        return text_session.open_session(url, self.known)


THIS_PROCESS = ThisProcess()
