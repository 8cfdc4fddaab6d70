"""Record what create_all() would execute, unless a listener asks the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.elements import TextClause


class AskedError(Exception):
    """A listener wants an answer of the database, which is to be built at once then."""


class RecordingConnection(MockConnection):
    """Take the statements of create_all() and its listeners, and no question.

    record: is given each statement. Raises AskedError for what needs a connection.
    """

    def execute(self, obj: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # its own
        """Record a statement without parameters."""
        if arguments or options or not isinstance(obj, (ExecutableDDLElement, TextClause)):
            raise AskedError
        super().execute(obj)
        return _NoResult()

    def execution_options(self, **options: Any) -> RecordingConnection:  # noqa: ANN401  # its own
        """Take options. Raises AskedError for those by which tables come into other schemas."""
        if options.get("schema_translate_map"):
            raise AskedError
        return self

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a connection has
        """Raise AskedError for what only a real connection has."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise AskedError


class _NoResult:
    """Stand for a result, which nobody may look at."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a result has
        """Raise AskedError."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise AskedError
