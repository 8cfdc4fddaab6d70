"""Write PL/pgSQL blocks that retry for locks, and check conditions."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.online.locks import lock_first
from alembic_pg.sql import lock_modes, split
from alembic_pg.sql.lexer import tokenize, without_semicolon
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.options import Settings
    from alembic_pg.sql.lexer import Token

_DOLLAR_TAG = "ddl"

# The statements that mean the same in PL/pgSQL, where they have no result.
_STANDS_IN_BLOCK = {
    *("ALTER", "CREATE", "DROP", "COMMENT", "GRANT", "REVOKE", "TRUNCATE", "LOCK", "REFRESH"),
    *("INSERT", "UPDATE", "DELETE", "MERGE", "SET", "RESET", "DO", "PERFORM"),
}

# For steps that drop what they may not find, or that rename an index.
HIDE_NOTICES = "SET LOCAL client_min_messages = warning"

_RETRY_BLOCK = """\
DO $ddl$
DECLARE
  ddl_began timestamptz := clock_timestamp();
  ddl_limit text := current_setting('lock_timeout');
@declare@BEGIN
  LOOP
    BEGIN
      SET LOCAL lock_timeout = @lock_timeout@;
@locks@@statements@
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF @patience@ > 0 AND clock_timestamp() > ddl_began + @patience@ * interval '1 ms' THEN
        RAISE;
      END IF;
      PERFORM pg_sleep(random());
    END;
  END LOOP;
  PERFORM set_config('lock_timeout', ddl_limit, true);
END
$ddl$"""

# The variables of that block, and the one that each block has.
_VARIABLES = {"ddl_began", "ddl_limit", "ddl_lock", "ddl_locks", "found"}

_DECLARE_LOCK = "  ddl_lock text; ddl_locks text[];\n"

# Of those that are there, and that the role may lock: whoever writes two of them in the other
# order would wait for one, and keep the other. The first tries let nobody queue behind.
_LOCK_ALL = """\
      ddl_locks := ARRAY(
        SELECT format('LOCK TABLE ONLY %s IN %s MODE', oid::regclass, mode)
        FROM (VALUES
@tables@
        ) AS wanted (name, mode) JOIN pg_class ON oid = to_regclass(name)
        WHERE relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE') ORDER BY name);
      FOR ddl_try IN 1..@tries@ LOOP
        BEGIN
          FOREACH ddl_lock IN ARRAY ddl_locks LOOP
            EXECUTE ddl_lock || ' NOWAIT';
          END LOOP;
          EXIT;
        EXCEPTION WHEN lock_not_available THEN
          PERFORM @try_sleep@;
        END;
      END LOOP;
      FOREACH ddl_lock IN ARRAY ddl_locks LOOP
        EXECUTE ddl_lock;
        SET LOCAL lock_timeout = @second_timeout@;
      END LOOP;
      SET LOCAL lock_timeout = @lock_timeout@;
"""

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
#variable_conflict use_column
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
    """Return what executes statements in a short transaction until they get their locks.

    The comments of the first one stand before it.
    """
    comments, first = _comments_before(statements[0])
    if comments and not first:
        comments = f"{comments.rstrip()}\n"  # nothing follows in the line of such a comment
    statements = (first, *statements[1:])
    limits = {
        "@lock_timeout@": str(settings.lock_timeout),
        "@patience@": str(settings.lock_patience),
    }
    modes = lock_modes.blocking_locks(statements)
    several = len(modes) > 1
    texts = {
        "@declare@": _DECLARE_LOCK if several else "",
        "@locks@": _lock_all(settings, modes) if several else "",
        "@statements@": plpgsql_lines(statements, 6),
    }
    return comments + render_block(_RETRY_BLOCK, {**limits, **texts})


def _lock_all(settings: Settings, modes: Mapping[str, str]) -> str:
    wanted = (f"({quote_literal(name)}, {quote_literal(modes[name])})" for name in sorted(modes))
    texts = {
        "@tables@": ",\n".join(f"          {one}" for one in wanted),
        "@second_timeout@": str(lock_first.SECOND_TIMEOUT),
        "@tries@": str(lock_first.TRIES),
        "@try_sleep@": lock_first.TRY_SLEEP,
        "@lock_timeout@": str(settings.lock_timeout),
    }
    return render_block(_LOCK_ALL, texts)


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
        # The place of the first one is indented already.
        "@statements@": plpgsql_lines([HIDE_NOTICES, *undo], 4 + indent)[indent:],
    }
    return render_block(textwrap.indent(_UNDO_LOOP, " " * indent), limits)


def plpgsql_lines(statements: Sequence[str], indent: int) -> str:
    """Return statements as PL/pgSQL has them, which asks where the result of a query goes.

    Of a statement only the first line is indented: the others may be those of a literal.
    """
    lines = [
        line
        for text in statements
        for one in split.script_statements(text)
        for line in _plpgsql_lines_of(without_semicolon(one).strip())
    ]
    return "\n".join(" " * indent + line for line in lines)


def _plpgsql_lines_of(statement: str) -> list[str]:
    """Return the comments before a statement, a line each, and what executes it."""
    comments, plain = _comments_before(statement)
    found = tokenize(plain)
    if not found:
        return []
    if _executes_as_text(found):
        quote = _dollar_quote("run", [plain])
        plain = f"EXECUTE {quote}{plain}{quote}"
    elif found[0].keyword == "SELECT":
        plain = "PERFORM" + plain.removeprefix(found[0].text)
    return [*comments.strip().splitlines(), f"{plain};"]


def _executes_as_text(found: Sequence[Token]) -> bool:
    """Return whether a statement means something else in PL/pgSQL, or nothing.

    found: its tokens. A column of a variable's name would be ambiguous.
    """
    known = found[0].keyword == "SELECT" or found[0].keyword in _STANDS_IN_BLOCK
    return not known or any(
        one.keyword == "RETURNING" or one.identifier in _VARIABLES for one in found
    )


def _comments_before(statement: str) -> tuple[str, str]:
    found = tokenize(statement)
    start = found[0].start if found else len(statement)
    return statement[:start], statement[start:]


def render_block(block: str, texts: Mapping[str, str]) -> str:
    """Return a block with texts in their places, whose quotes nothing in it ends."""
    block = quoted_for(block, list(texts.values()))
    # At once: a text may look like a place.
    return re.sub("|".join(texts), lambda found: texts[found[0]], block)


def quoted_for(block: str, texts: Sequence[str]) -> str:
    """Return a block whose quotes none of the texts ends that are put into it."""
    return block.replace(f"${_DOLLAR_TAG}$", _dollar_quote(_DOLLAR_TAG, texts))


def _dollar_quote(tag: str, texts: Sequence[str]) -> str:
    """Return a quote of a tag, made longer until none of some texts has it."""
    # What a text ends with may be the first part of one.
    while any(f"${tag}$" in f"{text}${tag}" for text in texts):
        tag += "_"
    return f"${tag}$"
