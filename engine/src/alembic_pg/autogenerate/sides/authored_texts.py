"""Find the text that an author wrote for an object, in the models or in the revisions."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.sides.created_texts import created_texts
from alembic_pg.revisions.source_file import read_source
from alembic_pg.revisions.statements import UnreadableError, function_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.script import Script, ScriptDirectory


class AuthoredTexts:
    """Find authors' texts by the keys of created_texts().

    built: the statements that built the models. script: where the revisions are. Statements are
    read only where the name of an object that is asked for stands in them.
    """

    def __init__(self, built: Sequence[str] = (), script: ScriptDirectory | None = None) -> None:
        self._built = built
        self._script = script
        self._created_by = cache(lambda statement: [*created_texts(statement)])
        self._by_revision: dict[str, dict[str, str]] = {}

    def from_models(self, key: str, name: str) -> str | None:
        """Return the text of the models, None where there is none or more than one.

        name: one that the statement has to have in it.
        """
        found = {
            text
            for statement in self._built
            if name in statement
            for found_key, text in self._created_by(statement)
            if found_key == key
        }
        return found.pop() if len(found) == 1 else None

    def from_revisions(self, key: str, name: str) -> str | None:
        """Return the text of the latest revision that has one, None where none has."""
        for revision, source in self._revisions:
            if name in source and (text := self._texts_of(revision).get(key)):
                return text
        return None

    @cached_property
    def _revisions(self) -> list[tuple[Script, str]]:
        """The revisions with their source, the latest first."""
        return [*self._read_revisions()] if self._script else []

    def _read_revisions(self) -> Iterator[tuple[Script, str]]:
        if self._script is None:
            return
        for revision in self._script.walk_revisions():
            yield revision, read_source(Path(revision.path))[0]

    def _texts_of(self, revision: Script) -> dict[str, str]:
        """Return what a revision creates; nothing of one that asks a database."""
        if revision.revision not in self._by_revision:
            texts: dict[str, str] = {}
            try:
                for statement in function_statements(revision.module.upgrade):
                    texts.update(created_texts(statement.sql))
            except UnreadableError:
                texts.clear()
            self._by_revision[revision.revision] = texts
        return self._by_revision[revision.revision]
