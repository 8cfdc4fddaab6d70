"""Name the roles that models make: they belong to the whole server, and no revision makes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from alembic_pg.revisions.source_file import read_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection

_CREATION = re.compile(r"\bCREATE\s+(ROLE|USER(?!\s+MAPPING)|GROUP)\b", re.IGNORECASE)

# A listener that asks first makes a role once, and the server still has it.
_QUESTION = re.compile(r"\bpg_(roles|authid|user|group|shadow)\b", re.IGNORECASE)

_ROLES = """
SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND NOT rolsuper ORDER BY rolname
"""


def roles_of_models(
    server: Connection, statements: Iterable[str], script: ScriptDirectory
) -> list[str]:
    """Return the roles that statements of models make or ask for, and no revision makes.

    server: a connection to the server on which the statements ran.
    """
    texts = [one for one in statements if _CREATION.search(one) or _QUESTION.search(one)]
    if not texts:
        return []
    return [
        role
        for role in server.scalars(text(_ROLES))
        if any(_mentions(one, role) for one in texts) and not _is_made_by_revision(role, script)
    ]


def roles_text(roles: list[str]) -> str:
    """Return what a person is told of roles."""
    names, those = ", ".join(roles), "them" if len(roles) > 1 else "it"
    return (
        f"The models make the role{'s' if len(roles) > 1 else ''} {names} on the whole server, "
        f"which no revision does: make {those} on each server before an upgrade, or in a revision "
        "by hand.\n"
    )


def _mentions(sql: str, role: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(role)}(?!\w)", sql, re.IGNORECASE))


def _is_made_by_revision(role: str, script: ScriptDirectory) -> bool:
    return any(
        _CREATION.search(source) and _mentions(source, role)
        for revision in script.walk_revisions()
        for source in [read_source(Path(revision.path))[0]]
    )
