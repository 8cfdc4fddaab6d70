"""Write PL/pgSQL blocks that change rows in batches, each committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.offline import plpgsql_blocks
from alembic_pg.sql.quoting import quote_literal
from alembic_pg.sql.row_ranges import ROWS_AT_ONCE, RowChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.options import Settings
    from alembic_pg.sql.statements import UpdateOrDelete

# How many pages the first batch has, and the largest one.
_FIRST_PAGES, _BATCH_PAGES = 16, 500

# Changes rows a few pages at a time, until none is left.
_BATCH_BLOCK = """\
DO $ddl$
DECLARE
  leaf regclass; first bigint; last bigint; whole boolean;
  changed bigint; again bigint; total bigint; before bigint;
  began timestamptz; pages float := @first_pages@;
  statement text := @statement@;
  leaves regclass[] := ARRAY(
@tree@
    SELECT oid::regclass FROM tree JOIN pg_class USING (oid) WHERE relkind = 'r' ORDER BY oid);
@failed@BEGIN
@whole@  FOREACH leaf IN ARRAY leaves
  LOOP
    before := NULL;
    whole := false;
    LOOP
      total := 0;
      first := 0;
      WHILE first * current_setting('block_size')::bigint < pg_relation_size(leaf) LOOP
        -- Rows move while others write: one statement at last sees all that are left.
        last := CASE WHEN whole THEN 4294967294 ELSE first + ceil(pages) END;
        began := clock_timestamp();
        BEGIN
          PERFORM set_config('lock_timeout', '@lock_timeout@', true);
@begin@          EXECUTE replace(replace(replace(statement, '@leaf@', leaf::text),
            '@first@', first::text), '@last@', last::text) INTO changed, again;
          IF again > 0 THEN
            RAISE 'the WHERE finds % rows again that were changed', again;
          END IF;
          total := total + changed;
          first := last;
          pages := least(@pages@, pages * least(2, @batch@ / greatest(
            1, extract(epoch FROM clock_timestamp() - began) * 1000)));
        EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
          PERFORM pg_sleep(random());
@caught@        END;
@undone@        COMMIT;
      END LOOP;
      EXIT WHEN whole;
      IF total >= before AND total > @at_once@ THEN
        @stuck@;
      END IF;
      -- Others write more of them, as fast as that: none escapes one statement.
      whole := total = 0 OR total >= coalesce(before, total + 1);
      before := total;
    END LOOP;
  END LOOP;
  -- Rows go to other partitions while others write: one statement sees all that are left.
  whole := cardinality(leaves) > 1;
  WHILE whole LOOP
        BEGIN
          PERFORM set_config('lock_timeout', '@lock_timeout@', true);
@begin@          EXECUTE @everywhere@ INTO changed, again;
          IF again > 0 THEN
            RAISE 'the WHERE finds % rows again that were changed', again;
          END IF;
          whole := false;
        EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
          PERFORM pg_sleep(random());
@caught@        END;
@undone@        COMMIT;
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
    texts = {
        "@begin@": plpgsql_blocks.plpgsql_lines(first, 10) + "\n",
        "@undo@": plpgsql_blocks.undo_lines(settings, undo, 10),
    }
    return _render_batches(settings, plan, table, rows, texts, quiet=quiet)


def _render_batches(  # noqa: PLR0913  # what both ways have
    settings: Settings,
    plan: str,
    table: str,
    rows: RowChange,
    texts: dict[str, str],
    *,
    quiet: bool,
) -> str:
    statement = _counted(rows, "@leaf@", rows.page_condition("@first@", "@last@"), "ONLY ")
    stuck = "RAISE 'the WHERE still finds % rows when all are done', total"
    return plpgsql_blocks.render_block(
        plan.replace("@tree@", _INHERITANCE_TREE),
        {
            **dict.fromkeys(("@failed@", "@caught@", "@undone@", "@begin@"), ""),
            **texts,
            "@statement@": quote_literal(statement),
            "@everywhere@": quote_literal(_counted(rows, table, "true", "")),
            "@table@": quote_literal(table),
            "@pages@": str(_BATCH_PAGES),
            "@first_pages@": str(_FIRST_PAGES),
            "@batch@": str(settings.batch),
            "@at_once@": str(ROWS_AT_ONCE),
            "@lock_timeout@": str(settings.lock_timeout),
            "@stuck@": "EXIT" if quiet else stuck,
        },
    )


def _counted(rows: RowChange, table: str, place: str, only: str) -> str:
    """Return what changes rows of a place, and tells how many, and how many it would again."""
    if not rows.may_match_again:
        return rows.counting_statement(table, place, only=only)
    changed = f"{rows.statement_for(table, place, only=only)} RETURNING 1"
    return f"WITH ddl_changed AS ({changed}) SELECT count(*), 0 FROM ddl_changed"  # noqa: S608
