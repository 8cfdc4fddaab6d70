"""Read the order of a history's revisions, and what each one's file and those before it say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import alembic

from alembic_pg import history_start
from alembic_pg.database.digest import cache_digest
from alembic_pg.ledger.ledger import FORM
from alembic_pg.revisions.history_database import add_other_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.script.base import Script


@dataclass(frozen=True)
class History:
    """Hold the revisions of a tree. script: Alembic's own. config: Alembic's configuration."""

    config: Config
    script: ScriptDirectory

    @cached_property
    def revisions(self) -> dict[str, Script]:
        """The revisions by their ids, each after those that it needs."""
        return {one.revision: one for one in reversed(list(self.script.walk_revisions()))}

    @property
    def heads(self) -> list[str]:
        """The ids of the revisions after which none comes."""
        return sorted(self.script.get_heads())

    def with_ancestors(self, revisions: Iterable[str]) -> frozenset[str]:
        """Return the ids of revisions and of all that run before them."""
        found: set[str] = set()
        ask = list(revisions)
        while ask:
            one = ask.pop()
            if one not in found:
                found.add(one)
                ask += parents_of(self.revisions[one])
        return frozenset(found)

    def digests(self, major: int) -> dict[str, str]:
        """Return what changes with a revision's file, by its id, or with any before it.

        It also changes with the engine, with PostgreSQL's major version, with what env.py and the
        configuration say, and with the files beside the revisions, which one of them may read.
        """
        digest = cache_digest(alembic.__version__, str(major), str(FORM))
        for name in (self.config.config_file_name, self.config.toml_file_name):
            if name:
                digest.add_file("configuration", name)
        digest.add_file("env.py", Path(self.script.dir, "env.py"))
        for file in history_start.start_files(self.config, self.script):
            digest.add_file(history_start.SETTING, file)
        add_other_files(digest, self.script, list(self.revisions.values()))
        found: dict[str, str] = {}
        for one, revision in self.revisions.items():
            own = digest.copy()
            own.add_text(*sorted(found[parent] for parent in parents_of(revision)))
            own.add_file(one, revision.path)
            found[one] = own.value
        return found


def parents_of(revision: Script) -> tuple[str, ...]:
    """Return the ids of the revisions that run directly before one, dependencies among them."""
    return tuple(revision._all_down_revisions)  # noqa: SLF001  # with depends_on, it has no public name
