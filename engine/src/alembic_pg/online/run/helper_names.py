"""Name the helper columns, triggers and constraints that strategies make, and recognise them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import MAX_NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

# What all of them hold, and nobody else's should.
HELPER_MARK = "_ddl_"

# The values of a refusal that quote PostgreSQL.
_QUOTES = {"said", "error"}

# A column of ours, of pg_attribute AS a: by its name and its comment.
IS_SHADOW_COLUMN = r"""a.attname ~ '_ddl_new$' AND NOT a.attisdropped
  AND col_description(a.attrelid, a.attnum) ~ '^[0-9a-f]{16}$'"""

# A trigger that keeps such a column up to date: a condition on pg_trigger, whose oid is not asked.
IS_HELPER_TRIGGER = r"""(tgname ~ '^zzz_.*_ddl_keep$' AND EXISTS (
    SELECT FROM pg_proc AS f WHERE f.oid = tgfoid AND f.proname ~ '_ddl_keep$'))"""

# A CHECK or foreign key that stands for another one for a while, of pg_constraint; the copies that
# partitions and tables that inherit have of it go with it.
IS_HELPER_CONSTRAINT = r"""conname ~ '_ddl_(new|not_null|bound)$' AND contype IN ('c', 'f')
  AND conislocal"""


def helper_name(base: str, purpose: str) -> str:
    """Return the name of a helper for something that has a name, always the same."""
    suffix = f"{HELPER_MARK}{purpose}"
    name = base + suffix
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(base.encode()).hexdigest()[:8]
    kept = base.encode()[: MAX_NAME_BYTES - len(suffix) - len(digest) - 1].decode(errors="ignore")
    return f"{kept}_{digest}{suffix}"


@dataclass
class HelperNames:
    """The helpers that take the places of what they are made for. own: its name, by theirs."""

    own: dict[str, str] = field(default_factory=dict)

    def name(self, base: str, purpose: str) -> str:
        """Return helper_name(), of which a person is told the name that it will have."""
        name = helper_name(base, purpose)
        self.own[name] = base
        return name

    def with_own_names(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the values of a refusal; where it quotes PostgreSQL, with names that stay."""
        return {
            name: self._with_own_names(text) if name in _QUOTES else text
            for name, text in values.items()
        }

    def _with_own_names(self, text: str) -> str:
        for name, own in self.own.items():
            text = text.replace(name, own)
        return text


def catalog_name(name: str) -> str:
    """Return the last part of a name as the catalog has it."""
    from alembic_pg.sql.lexer import tokenize  # noqa: PLC0415  # a check needs no more of it here

    return tokenize(name)[-1].identifier
