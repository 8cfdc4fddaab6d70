"""ALTER COLUMN … TYPE for which PostgreSQL would write the table, or an index, anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.compare.names import literal, quoted
from ddl.database import reason
from ddl.online import blocking, copies, swap, twin, validated, waiting
from ddl.online import not_null as filled
from ddl.online.names import unquoted
from ddl.online.outcomes import LeftNothingError, ReplayError
from ddl.online.runner import SWAPPED
from ddl.online.shadow import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable

    from ddl.online.catalog import Relation
    from ddl.online.copies import Parts
    from ddl.online.runner import Runner
    from ddl.online.shapes import Retype

_TYPE = """
SELECT format_type(atttypid, atttypmod) || coalesce((
  SELECT ' COLLATE ' || quote_ident(nspname) || '.' || quote_ident(collname)
  FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = collnamespace, pg_type AS t
  WHERE c.oid = attcollation AND t.oid = atttypid AND attcollation <> typcollation), '')
FROM pg_attribute WHERE attrelid = to_regclass('pg_temp.ddl_twin') AND attname = :column
"""

_COLUMN = """
SELECT attnum AS number, attnotnull AS not_null, attgenerated <> '' AS generated,
  attinhcount > 0 AS inherited
FROM pg_attribute WHERE attrelid = :table AND attname = :column
"""

# What PostgreSQL itself refuses, or what no copy is made of.
HANGING = """
SELECT classid::regclass::text FROM pg_depend
WHERE refclassid = 'pg_class'::regclass AND refobjid = :table AND refobjsubid = :number
  AND (classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass,
      'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass)
    OR classid = 'pg_trigger'::regclass AND EXISTS (
      SELECT FROM pg_trigger WHERE oid = objid AND NOT tgisinternal)
    OR classid = 'pg_attrdef'::regclass AND EXISTS (
      SELECT FROM pg_attrdef WHERE oid = objid AND adnum <> :number))
"""

_CHECKS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS definition, convalidated AS valid,
  obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint WHERE conrelid = :table AND contype = 'c' AND :number = ANY (conkey)
ORDER BY conname
"""

# Triggers that fire after ours, in the order of their names' bytes, and may change the row.
_LATER = """
SELECT tgname FROM pg_trigger WHERE tgrelid = :table AND NOT tgisinternal
  AND tgtype & 3 = 3 AND tgtype & 20 > 0 AND tgname::text COLLATE "C" > :name COLLATE "C"
"""


@dataclass(frozen=True)
class _Effect:
    """What PostgreSQL would do; type: the one that comes of it."""

    type: str
    written: bool
    read: bool


def form(
    runner: Runner, shape: Retype, table: Relation
) -> Callable[[Runner, Retype, Relation, str], None] | None:
    """Return how to change a column's type online; None where PostgreSQL needs but a moment."""
    effect = _asked(runner, shape, table)
    found = runner.rows(_COLUMN, table=table.oid, column=unquoted(shape.column))
    if effect is None or not found:
        return None
    column = found[0]
    if not effect.written:
        return partial(_recheck, number=column.number) if effect.read else None
    hanging = {kind for (kind,) in runner.rows(HANGING, table=table.oid, number=column.number)}
    if hanging - {"pg_statistic_ext", "pg_publication_rel"} or column.generated:
        return None  # PostgreSQL names it, and refuses
    parts = copies.of(runner, table, column.number)
    sizes = map(blocking.large, [table, *parts.relations(runner)])
    if not any(sizes) and not runner.resumed(shape.sql):
        return None
    usual = table.kind == "r" and not (table.parent or table.partition or column.inherited)
    later = runner.rows(_LATER, table=table.oid, name=_trigger(shape, table))
    if hanging or later or not usual or not _copyable(runner, parts):
        blocking.allow(
            runner,
            table,
            f"Changing the type of {shape.column}",
            "A new column beside it, filled in batches, costs nothing.",
        )
        return None
    return partial(_retype, type=effect.type, not_null=column.not_null, number=column.number)


def _trigger(shape: Retype, table: Relation) -> str:
    return unquoted(Shadow(table, shape.column, "", shape.using, "").trigger)


def _copyable(runner: Runner, parts: Parts) -> bool:
    if any(part.marked or part.kind == "x" for part in parts.indexes):
        return False
    partitioned = any(part.relation == "p" for part in parts.constraints if part.kind == "f")
    return not partitioned or runner.version >= validated.PARTITIONED_KEYS


def _asked(runner: Runner, shape: Retype, table: Relation) -> _Effect | None:
    """Return what PostgreSQL does with an empty table like this one."""
    using = f" USING {twin.named(shape.using, table)}" if shape.using else ""
    try:
        with twin.of(runner, table, twin.ALL):
            files, scans = runner.one(twin.FILES), runner.one(twin.SCANS)
            runner.execute(
                f"ALTER TABLE {twin.NAME} ALTER COLUMN {shape.column} "
                f"TYPE {shape.definition}{using}"
            )
            kind = runner.one(_TYPE, column=unquoted(shape.column))
            return _Effect(kind, runner.one(twin.FILES) != files, runner.one(twin.SCANS) != scans)
    except DBAPIError as error:
        waiting.raise_busy(error)
        if shape.using and twin.differs(error):
            what = f"Changing the type of {shape.column} ({reason.of(error)} on an empty copy)"
            blocking.allow(runner, table, what, "Name columns without their table.")
        return None  # PostgreSQL says why, when the statement itself is executed


def _recheck(runner: Runner, shape: Retype, table: Relation, key: str, *, number: int) -> None:
    """Change the type in a moment, and let the CHECKs be looked through afterwards."""
    runner.settle()
    on = quoted(table.schema, table.name)
    with runner.outside(key):
        checks = runner.rows(_CHECKS, table=table.oid, number=number)
        alter = f"ALTER TABLE {on}"
        runner.step(
            *(f"{alter} DROP CONSTRAINT {quoted(check.name)}" for check in checks),
            shape.sql,
            *(
                f"{alter} ADD CONSTRAINT {quoted(check.name)} "
                f"{check.definition.removesuffix(' NOT VALID')} NOT VALID"
                for check in checks
            ),
            *(
                f"COMMENT ON CONSTRAINT {quoted(check.name)} ON {on} IS {literal(check.comment)}"
                for check in checks
                if check.comment
            ),
        )
        for check in checks:
            if check.valid or runner.journal.resumed(key):
                validated.validate(runner, table, check.name)


def _retype(  # noqa: PLR0913  # what form() found
    runner: Runner,
    shape: Retype,
    table: Relation,
    key: str,
    *,
    type: str,  # noqa: A002  # the column's
    not_null: bool,
    number: int,
) -> None:
    shadow = Shadow(table, shape.column, type, shape.using, key)
    if key in runner.prepared:
        swap.swap(runner, shadow, copies.of(runner, table, number))
        runner.said.append(SWAPPED)
        runner.journal.pending.append(key)
        return

    def prepare() -> None:
        _prepare(runner, shadow, number, not_null=not_null)

    if runner.only_dropped() and not copies.entangled(runner, table, number):
        # A view, say, that the revision drops before and creates after: in the swap's moment.
        raise ReplayError(key, prepare)
    runner.settle()
    with runner.outside(key):
        prepare()
        parts = copies.of(runner, table, number)
        # A second run would take the new values for old ones: swapped and noted are one.
        work = partial(swap.swap, runner, shadow, parts)
        runner.attempt(work, f"ALTER TABLE {shadow.on}", done=key)


def _prepare(runner: Runner, shadow: Shadow, number: int, *, not_null: bool) -> None:
    """Make all that the swap needs, beside traffic."""
    try:
        shadow.create(runner)
        shadow.fill(runner)
        if not_null:
            filled.ensure(runner, shadow.table, shadow.name)
        copies.make(runner, shadow, copies.of(runner, shadow.table, number))
    except LeftNothingError:
        shadow.drop(runner)
        raise
    except DBAPIError as error:
        waiting.raise_busy(error)
        # Its trigger would fail for everybody who writes.
        shadow.drop(runner)
        raise runner.refuse(
            f"{shadow.column} of {shadow.table.shown} cannot become {shadow.type}: "
            f"{reason.of(error)}."
        ) from error
    runner.long(f"ANALYZE {shadow.on} ({shadow.name})")
