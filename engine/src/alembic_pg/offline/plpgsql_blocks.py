"""Write PL/pgSQL blocks that retry for locks, and check conditions."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import without_semicolon
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.options import Settings

_DOLLAR_TAG = "ddl"

# For steps that drop what they may not find, or that rename an index.
HIDE_NOTICES = "SET LOCAL client_min_messages = warning"

_RETRY_BLOCK = """\
DO $ddl$
DECLARE
  ddl_began timestamptz := clock_timestamp();
BEGIN
  LOOP
    BEGIN
      SET LOCAL lock_timeout = @lock_timeout@;
@statements@
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF @patience@ > 0 AND clock_timestamp() > ddl_began + @patience@ * interval '1 ms' THEN
        RAISE;
      END IF;
      PERFORM pg_sleep(random());
    END;
  END LOOP;
END
$ddl$"""

_UNDO_LOOP = """\
LOOP
  BEGIN
    SET LOCAL lock_timeout = @lock_timeout@;
@statements@
    EXIT;
  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    PERFORM pg_sleep(random());
  END;
END LOOP;
COMMIT;"""

# Undoes what was made so far, and fails, where a query finds a row.
_EXPECT_NO_ROW_BLOCK = """\
DO $ddl$
BEGIN
@begin@  IF EXISTS (@query@) THEN
@undo@
    RAISE '%', @why@;
  END IF;
END
$ddl$"""

_EXPECT_CONDITION_BLOCK = """\
DO $ddl$
BEGIN
  IF (@condition@) IS NOT TRUE THEN
    RAISE '%', @why@;
  END IF;
END
$ddl$"""


def retry_block(settings: Settings, *statements: str) -> str:
    """Return what executes statements in a short transaction until they get their locks."""
    limits = {
        "@lock_timeout@": str(settings.lock_timeout),
        "@patience@": str(settings.lock_patience),
    }
    return render_block(_RETRY_BLOCK, {**limits, "@statements@": plpgsql_lines(statements, 6)})


def expect_no_row_block(
    settings: Settings, query: str, *, first: Sequence[str], why: str, undo: Sequence[str]
) -> str:
    """Return what fails, and undoes what was made so far, where a query finds a row."""
    texts = {
        "@begin@": plpgsql_lines(first, 2) + "\n" if first else "",
        "@query@": query,
        "@undo@": undo_lines(settings, undo, 4),
        "@why@": quote_literal(why),
    }
    return render_block(_EXPECT_NO_ROW_BLOCK, texts)


def expect_condition_block(condition: str, why: str) -> str:
    """Return what fails, with a sentence, where a condition does not hold."""
    return render_block(
        _EXPECT_CONDITION_BLOCK, {"@condition@": condition, "@why@": quote_literal(why)}
    )


def undo_lines(settings: Settings, undo: Sequence[str], indent: int) -> str:
    """Return what undoes something, as lines of a block, until it gets its locks."""
    limits = {
        "@lock_timeout@": str(settings.lock_timeout),
        "@statements@": plpgsql_lines([HIDE_NOTICES, *undo], 4 + indent),
    }
    return render_block(textwrap.indent(_UNDO_LOOP, " " * indent), limits)


def plpgsql_lines(statements: Sequence[str], indent: int) -> str:
    """Return statements as PL/pgSQL has them, which asks where the result of a query goes.

    Only their first lines are indented: the others may be those of a literal.
    """
    lines = [
        re.sub("^SELECT ", "PERFORM ", without_semicolon(one).strip()) + ";" for one in statements
    ]
    return "\n".join(" " * indent + line for line in lines)


def render_block(block: str, texts: Mapping[str, str]) -> str:
    """Return a block with texts in their places, whose quotes nothing in it ends."""
    block = quoted_for(block, list(texts.values()))
    # At once: a text may look like a place.
    return re.sub("|".join(texts), lambda found: texts[found[0]], block)


def quoted_for(block: str, texts: Sequence[str]) -> str:
    """Return a block whose quotes none of the texts ends that are put into it."""
    tag = _DOLLAR_TAG
    while any(f"${tag}$" in text for text in texts):
        tag += "_"
    return block.replace(f"${_DOLLAR_TAG}$", f"${tag}$")
