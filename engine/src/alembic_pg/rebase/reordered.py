"""Show Alembic the revisions of a tree in another order, without any change of their files."""

from __future__ import annotations

from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory
from alembic.script.base import Script
from alembic.script.revision import RevisionMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.runtime.environment import EnvironmentContext

    from alembic_pg.ledger.history import History


def reordered_script(history: History, downs: Mapping[str, str]) -> ScriptDirectory:
    """Return the history's script directory in which revisions come after others.

    downs: of such a revision's id, the id of the one before it.
    """
    script = ScriptDirectory.from_config(history.config)
    revisions = [_moved(one, downs.get(name)) for name, one in history.revisions.items()]
    script.revision_map = RevisionMap(lambda: revisions)
    return script


@contextmanager
def shown_to(environment: EnvironmentContext, script: ScriptDirectory) -> Iterator[None]:
    """Let an environment run the revisions of a script directory meanwhile."""
    before = environment.script
    environment.script = script
    try:
        yield
    finally:
        environment.script = before


def _moved(revision: Script, down: str | None) -> Script:
    """Return a revision anew: Alembic notes on each what comes after it."""
    module = ModuleType(revision.module.__name__)
    module.__dict__.update(vars(revision.module))
    if down is not None:
        module.down_revision = down  # type: ignore[attr-defined]  # what Alembic reads
    return Script(module, revision.revision, revision.path)
