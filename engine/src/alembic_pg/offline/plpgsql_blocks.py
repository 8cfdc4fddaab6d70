"""Write PL/pgSQL blocks that retry for locks, change rows in batches, and check conditions."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.sql.lexer import without_semicolon
from alembic_pg.sql.quoting import quote_literal
from alembic_pg.sql.row_ranges import RowChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic_pg.options import Settings
    from alembic_pg.sql.statements import UpdateOrDelete

# How many pages a batch has where its time cannot be measured.
_BATCH_PAGES = 500

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

# Changes rows a few pages at a time, until none is left.
_BATCH_BLOCK = """\
DO $ddl$
DECLARE
  leaf regclass; first bigint; last bigint; whole boolean;
  changed bigint; again bigint; total bigint; before bigint;
  statement text := @statement@;
@failed@BEGIN
@whole@  FOREACH leaf IN ARRAY ARRAY(
@tree@
    SELECT oid::regclass FROM tree JOIN pg_class USING (oid) WHERE relkind = 'r')
  LOOP
    before := NULL;
    whole := false;
    LOOP
      total := 0;
      first := 0;
      WHILE first * current_setting('block_size')::bigint < pg_relation_size(leaf) LOOP
        -- Rows move while others write: one statement at last sees all that are left.
        last := CASE WHEN whole THEN 4294967294 ELSE first + @pages@ END;
        BEGIN
          PERFORM set_config('lock_timeout', '@lock_timeout@', true);
@begin@          EXECUTE replace(replace(replace(statement, '@leaf@', leaf::text),
            '@first@', first::text), '@last@', last::text) INTO changed, again;
          IF again > 0 THEN
            RAISE 'the WHERE finds % rows again that were changed', again;
          END IF;
          total := total + changed;
          first := last;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
          PERFORM pg_sleep(random());
@caught@        END;
@undone@        COMMIT;
      END LOOP;
      EXIT WHEN whole;
      IF total >= before AND total > 0 THEN
        @stuck@;
      END IF;
      whole := total = 0;
      before := total;
    END LOOP;
  END LOOP;
END
$ddl$"""

# What was made for the filling goes where a value is not possible: its trigger would fail for all.
_DECLARE_FAILED = "  failed text;\n"
_CATCH_FAILURE = """\
        WHEN undefined_column THEN
          RAISE;  -- another try has begun anew
        WHEN others THEN
          GET STACKED DIAGNOSTICS failed = MESSAGE_TEXT;
"""
_UNDO_AND_FAIL = """\
        IF failed IS NOT NULL THEN
@undo@
          RAISE '%', failed;
        END IF;
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

_INHERITANCE_TREE = """\
    WITH RECURSIVE tree AS (
      SELECT @table@::regclass::oid AS oid
      UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)"""

# Where somebody could tell batches from one statement, or they would move rows to another part.
_RUN_AT_ONCE = """\
  IF EXISTS (
@tree@
    SELECT FROM tree
    WHERE EXISTS (SELECT FROM pg_rewrite WHERE ev_class = tree.oid AND ev_type = '2')
      OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = tree.oid AND NOT tgisinternal
        AND tgtype & 16 > 0 AND tgtype & 1 = 0)
      OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = tree.oid AND relkind = 'f')
      OR EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = tree.oid
        AND (0 = ANY (partattrs::int2[]) OR EXISTS (SELECT FROM pg_attribute
          WHERE attrelid = tree.oid AND attname = @column@
            AND attnum = ANY (partattrs::int2[])))))
  THEN
    EXECUTE @plain@;
    RETURN;
  END IF;
"""


def retry_block(settings: Settings, *statements: str) -> str:
    """Return what executes statements in a short transaction until they get their locks."""
    limits = {
        "@lock_timeout@": str(settings.lock_timeout),
        "@patience@": str(settings.lock_patience),
    }
    return _render_block(_RETRY_BLOCK, {**limits, "@statements@": _plpgsql_lines(statements, 6)})


def batch_block(settings: Settings, statement: UpdateOrDelete, column: str) -> str:
    """Return what changes rows in batches, each committed.

    column: what is filled, as the catalog has it, where nobody asked for batches; else "".
    """
    rows = RowChange.for_backfill(statement) if column else RowChange.from_statement(statement)
    plan = _BATCH_BLOCK.replace("@whole@", _RUN_AT_ONCE if column else "")
    texts = {"@column@": quote_literal(column), "@plain@": quote_literal(statement.sql)}
    return _render_batches(settings, plan, statement.table, rows, texts, quiet=bool(column))


def backfill_block(  # noqa: PLR0913  # what a filling is
    settings: Settings,
    table: str,
    rows: RowChange,
    *,
    first: Sequence[str],
    quiet: bool,
    undo: Sequence[str],
) -> str:
    """Return what changes rows in batches, each committed, with no look at the table before.

    table: its name, quoted where it must be. first, quiet: as change_in_batches() has them. undo:
    drops what was made for it, where a value is not possible.
    """
    plan = _BATCH_BLOCK.replace("@whole@", "")
    if undo:
        for place, text in (
            ("failed", _DECLARE_FAILED),
            ("caught", _CATCH_FAILURE),
            ("undone", _UNDO_AND_FAIL),
        ):
            plan = plan.replace(f"@{place}@", text)
    texts = {"@begin@": _plpgsql_lines(first, 10) + "\n", "@undo@": _undo_lines(settings, undo, 10)}
    return _render_batches(settings, plan, table, rows, texts, quiet=quiet)


def expect_no_row_block(
    settings: Settings, query: str, *, first: Sequence[str], why: str, undo: Sequence[str]
) -> str:
    """Return what fails, and undoes what was made so far, where a query finds a row."""
    texts = {
        "@begin@": _plpgsql_lines(first, 2) + "\n" if first else "",
        "@query@": query,
        "@undo@": _undo_lines(settings, undo, 4),
        "@why@": quote_literal(why),
    }
    return _render_block(_EXPECT_NO_ROW_BLOCK, texts)


def expect_condition_block(condition: str, why: str) -> str:
    """Return what fails, with a sentence, where a condition does not hold."""
    return _render_block(
        _EXPECT_CONDITION_BLOCK, {"@condition@": condition, "@why@": quote_literal(why)}
    )


def _render_batches(  # noqa: PLR0913  # what both ways have
    settings: Settings,
    plan: str,
    table: str,
    rows: RowChange,
    texts: dict[str, str],
    *,
    quiet: bool,
) -> str:
    place = rows.page_condition("@first@", "@last@")
    if rows.may_match_again:
        changed = f"{rows.statement_for('@leaf@', place)} RETURNING 1"
        statement = f"WITH ddl_changed AS ({changed}) SELECT count(*), 0 FROM ddl_changed"  # noqa: S608
    else:
        statement = rows.counting_statement("@leaf@", place)
    stuck = "RAISE 'the WHERE still finds % rows when all are done', total"
    return _render_block(
        plan.replace("@tree@", _INHERITANCE_TREE),
        {
            **dict.fromkeys(("@failed@", "@caught@", "@undone@", "@begin@"), ""),
            **texts,
            "@statement@": quote_literal(statement),
            "@table@": quote_literal(table),
            "@pages@": str(_BATCH_PAGES),
            "@lock_timeout@": str(settings.lock_timeout),
            "@stuck@": "EXIT" if quiet else stuck,
        },
    )


def _undo_lines(settings: Settings, undo: Sequence[str], indent: int) -> str:
    limits = {
        "@lock_timeout@": str(settings.lock_timeout),
        "@statements@": _plpgsql_lines([HIDE_NOTICES, *undo], 4),
    }
    return textwrap.indent(_render_block(_UNDO_LOOP, limits), " " * indent)


def _plpgsql_lines(statements: Sequence[str], indent: int) -> str:
    """Return statements as PL/pgSQL has them, which asks where the result of a query goes."""
    lines = [
        re.sub("^SELECT ", "PERFORM ", without_semicolon(one).strip()) + ";" for one in statements
    ]
    return textwrap.indent("\n".join(lines), " " * indent)


def _render_block(block: str, texts: Mapping[str, str]) -> str:
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
