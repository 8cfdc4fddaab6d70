"""Blocks of PL/pgSQL that do in a script what a run does: try again, and change rows in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.compare.names import literal
from ddl.online.rows import Rows

if TYPE_CHECKING:
    from ddl.online.settings import Settings
    from ddl.online.shapes import Change

# How many pages a batch has where its time cannot be measured.
_PAGES = 500

_TAG = "ddl"

_RETRIED = """\
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
_BATCHES = """\
DO $ddl$
DECLARE
  leaf regclass; first bigint; last bigint; whole boolean;
  changed bigint; again bigint; total bigint; before bigint;
  statement text := @statement@;
BEGIN
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
          EXECUTE replace(replace(replace(statement, '@leaf@', leaf::text),
            '@first@', first::text), '@last@', last::text) INTO changed, again;
          IF again > 0 THEN
            RAISE 'the WHERE finds % rows again that were changed', again;
          END IF;
          total := total + changed;
          first := last;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
          PERFORM pg_sleep(random());
        END;
        COMMIT;
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

_TREE = """\
    WITH RECURSIVE tree AS (
      SELECT @table@::regclass::oid AS oid
      UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)"""

# Where somebody could tell batches from one statement, or they would move rows to another part.
_WHOLE = """\
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


def retried(settings: Settings, *statements: str) -> str:
    """Return what executes statements in a short transaction until they get their locks."""
    # A comment at the end would hide a semicolon.
    lines = "\n".join(f"      {statement}\n      ;" for statement in statements)
    block = _RETRIED.replace("@lock_timeout@", str(settings.lock_timeout))
    block = block.replace("@patience@", str(settings.lock_patience))
    return _tagged(block, lines).replace("@statements@", lines)


def batches(settings: Settings, shape: Change, column: str) -> str:
    """Return what changes rows in batches, each committed.

    column: what is filled, as the catalog has it, where nobody asked for batches; else "".
    """
    rows = Rows.filling(shape) if column else Rows.of(shape)
    place = rows.pages("@first@", "@last@")
    if rows.again:
        changed = f"{rows.on('@leaf@', place)} RETURNING 1"
        statement = f"WITH ddl_changed AS ({changed}) SELECT count(*), 0 FROM ddl_changed"  # noqa: S608
    else:
        statement = rows.counted("@leaf@", place)
    whole = _WHOLE.replace("@column@", literal(column)).replace("@plain@", literal(shape.sql))
    stuck = "RAISE 'the WHERE still finds % rows when all are done', total"
    parts = {
        "@whole@": whole if column else "",
        "@tree@": _TREE,
        "@table@": literal(shape.table),
        "@pages@": str(_PAGES),
        "@lock_timeout@": str(settings.lock_timeout),
        "@stuck@": "EXIT" if column else stuck,
    }
    block = _BATCHES
    for name, text in parts.items():
        block = block.replace(name, text)
    return _tagged(block, statement, shape.sql).replace("@statement@", literal(statement))


def _tagged(block: str, *texts: str) -> str:
    """Return a block whose quotes nothing in it ends."""
    tag = _TAG
    while any(f"${tag}$" in text for text in texts):
        tag += "_"
    return block.replace(f"${_TAG}$", f"${tag}$")
