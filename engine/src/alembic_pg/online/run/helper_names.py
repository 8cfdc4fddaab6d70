"""The names of what an online form makes for a while."""

from __future__ import annotations

import hashlib

from alembic_pg.sql.lexer import tokens

# Bytes of a name (NAMEDATALEN less one): PostgreSQL shortens a longer one in its own way.
LONGEST = 63

# What all of them hold, and nobody else's should.
MARK = "_ddl_"

# A column of ours, of pg_attribute AS a: by its name and its comment.
SHADOW = r"""a.attname ~ '_ddl_new$' AND NOT a.attisdropped
  AND col_description(a.attrelid, a.attnum) ~ '^[0-9a-f]{12}$'"""


def ours(base: str, purpose: str) -> str:
    """Return the name of a helper for something that has a name, always the same."""
    suffix = f"{MARK}{purpose}"
    name = base + suffix
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.sha256(base.encode()).hexdigest()[:8]
    kept = base.encode()[: LONGEST - len(suffix) - len(digest) - 1].decode(errors="ignore")
    return f"{kept}_{digest}{suffix}"


def unquoted(name: str) -> str:
    """Return the last part of a name as the catalog has it."""
    return tokens(name)[-1].identifier
