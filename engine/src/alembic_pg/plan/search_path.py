"""Let a plan follow the search_path that a revision sets, for one tenant after the other, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from alembic_pg.database.session import Session

_PATH = "SELECT current_setting('search_path')"
_SCHEMA = "SELECT coalesce(current_schema(), '')"
_SET = "SELECT set_config('search_path', :path, false)"


@dataclass
class FollowedPath:
    """The search_path as the statements of a plan so far would have set it.

    session: of the plan; it has the path, and no transaction before and after each call.
    before: the path before the plan, "" while no statement has set another one.
    revision: the one before the revision, where that has set one for its transaction, else "".
    schema: the first one of the path that there is.
    """

    session: Session
    before: str = ""
    revision: str = ""
    schema: str = "public"

    def follow(self, sql: str) -> None:
        """Do what a statement does to the path."""
        with self.session.connection.begin() as transaction:
            path = self.session.first_value(_PATH)
            self.session.execute(sql)
            new = self.session.first_value(_PATH)
            transaction.rollback()
        self.before = self.before or path
        if session_statements.is_transaction_setting(sql):
            self.revision = self.revision or path
        else:
            self.revision = ""
        self._set(new)

    def end_revision(self) -> None:
        """Set back what a revision has set for its transaction."""
        if self.revision:
            self._set(self.revision)
        self.revision = ""

    def end(self) -> None:
        """Set back what any has set."""
        if self.before and not self.session.connection.invalidated:
            self._set(self.before)
        self.before = self.revision = ""

    def _set(self, path: str) -> None:
        with self.session.connection.begin():
            self.session.first_value(_SET, path=path)
            self.schema = str(self.session.first_value(_SCHEMA))
