"""ALTER COLUMN … TYPE for which PostgreSQL would write the table, or an index, anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import error_text
from alembic_pg.online.backfill import volatility
from alembic_pg.online.column_swap import dependents, preconditions, swap
from alembic_pg.online.column_swap.preconditions import Found
from alembic_pg.online.column_swap.shadow_column import Shadow
from alembic_pg.online.locks import lock_retry
from alembic_pg.online.run import dropped_objects, journal, large_tables, probe_table
from alembic_pg.online.run.helper_names import unquoted
from alembic_pg.online.run.signals import LeftNothingError, ReplayError
from alembic_pg.online.strategies import add_check_or_fk
from alembic_pg.online.strategies import set_not_null as filled
from alembic_pg.sql import session_statements
from alembic_pg.sql.quoting import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import Retype

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

_CHECKS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS definition, convalidated AS valid,
  obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint WHERE conrelid = :table AND contype = 'c' AND :number = ANY (conkey)
ORDER BY conname
"""

# Whether others stand behind a column.
_LAST = """
SELECT max(attnum) = :number FROM pg_attribute WHERE attrelid = :table AND NOT attisdropped
  AND NOT (attname = :new)
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
    found = runner.rows(_COLUMN, table=table.oid, column=unquoted(shape.column))
    if not found or large_tables.named(runner, table):
        return None
    column = found[0]
    parts = dependents.of(runner, table, column.number)
    sizes = map(large_tables.large, [table, *parts.relations(runner)])
    if not any(sizes) and not runner.resumed(shape.sql):
        return None
    effect = _asked(runner, shape, table)
    if effect is None:
        return None
    if not effect.written:
        usual = not (table.parent or table.partition or column.inherited)
        return _looked_through(runner, shape, table, column.number, usual=usual, effect=effect)
    hanging = preconditions.hanging(runner, table, column.number)
    if preconditions.left_to_postgresql(hanging) or column.generated:
        return None
    return _by_second(runner, shape, table, Found(column, parts, hanging), effect)


def _by_second(
    runner: Runner, shape: Retype, table: Relation, found: Found, effect: _Effect
) -> Callable[[Runner, Retype, Relation, str], None] | None:
    """Return how a second column takes the place of one; None where the revision lets it not."""
    why = preconditions.why_not(runner, shape, table, found)
    value = shape.using or shape.column
    pinned = not why and not volatility.immutable(runner, value, effect.type, table)
    if pinned and not volatility.steady(runner, f"({value})::{effect.type}", table):
        why = "its value may depend on who asks, and when"
    if why:
        what = f"Changing the type of {shape.column} (by no second column: {why})"
        instead = "A new column beside it, filled in batches, costs nothing."
        large_tables.allow(runner, table, what, instead)
        return None
    shadow = Shadow(table, shape.column, effect.type, shape.using, journal.key(shape.sql), pinned)
    column = found.column
    return partial(_retype, shadow=shadow, not_null=column.not_null, number=column.number)


def _looked_through(  # noqa: PLR0913  # what form() found
    runner: Runner, shape: Retype, table: Relation, number: int, *, usual: bool, effect: _Effect
) -> Callable[[Runner, Retype, Relation, str], None] | None:
    """Return how to change a type in a moment whose CHECKs are to be looked through."""
    if not effect.read:
        return None
    checks = runner.rows(_CHECKS, table=table.oid, number=number)
    if usual and not any("NOT ENFORCED" in check.definition for check in checks):
        return partial(_recheck, number=number)
    what = f"Changing the type of {shape.column}"
    large_tables.allow(runner, table, what, "Drop its CHECKs before, and add them after.")
    return None


def _asked(runner: Runner, shape: Retype, table: Relation) -> _Effect | None:
    """Return what PostgreSQL does with an empty table like this one."""
    using = f" USING {probe_table.named(shape.using, table)}" if shape.using else ""
    try:
        with probe_table.of(runner, table, probe_table.ALL):
            files, scans = runner.one(probe_table.FILES), runner.one(probe_table.SCANS)
            runner.execute(
                f"ALTER TABLE {probe_table.NAME} ALTER COLUMN {shape.column} "
                f"TYPE {shape.definition}{using}"
            )
            kind = runner.one(_TYPE, column=unquoted(shape.column))
            return _Effect(
                kind, runner.one(probe_table.FILES) != files, runner.one(probe_table.SCANS) != scans
            )
    except DBAPIError as error:
        lock_retry.raise_busy(error)
        what = f"Changing the type of {shape.column} ({error_text.of(error)} on an empty copy)"
        large_tables.allow(runner, table, what, "Name columns without their table.")
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
                add_check_or_fk.validate(runner, table, check.name)


def _retype(  # noqa: PLR0913  # what form() found
    runner: Runner,
    shape: Retype,
    table: Relation,
    key: str,
    *,
    shadow: Shadow,
    not_null: bool,
    number: int,
) -> None:
    del shape
    if key in runner.prepared:
        swap.swap(runner, shadow, dependents.of(runner, table, number))
        runner.said.append(session_statements.SWAPPED)
        runner.swapped.add((table.oid, unquoted(shadow.column)))
        runner.journal.pending.append(key)
        return

    new = unquoted(shadow.name)
    if not runner.one(_LAST, table=table.oid, number=number, new=new):
        runner.warn(
            f"{shadow.column} becomes the last column of {table.shown}: INSERT and COPY beside "
            f'this run must name their columns; {large_tables.NAME} = ["{table.shown}"] keeps the '
            "order, and nobody can use the table meanwhile."
        )

    def prepare() -> None:
        _prepare(runner, shadow, number, not_null=not_null)

    # A part of two columns that both are swapped would need a copy for each order of the swaps.
    keys = any(part.kind == "f" for part in dependents.of(runner, table, number).constraints)
    names = [name for oid, name in runner.swapped if oid == table.oid]
    shared = dependents.shared(runner, table, number, names)
    alone = not (runner.prepared and keys) and not shared
    if runner.only_dropped() and alone and not dependents.entangled(runner, table, number):
        # A view, say, that the revision drops before and creates after: in the swap's moment.
        raise ReplayError(key, prepare, partial(shadow.drop, runner))
    dropped_objects.expect_none(runner, table)
    runner.settle()
    with runner.outside(key):
        prepare()
        parts = dependents.of(runner, table, number)
        # A second run would take the new values for old ones: swapped and noted are one.
        work = partial(swap.swap, runner, shadow, parts)
        tables = [shadow.on, *parts.tables()]
        runner.attempt(work, *(f"ALTER TABLE {table}" for table in tables), done=key)


def _prepare(runner: Runner, shadow: Shadow, number: int, *, not_null: bool) -> None:
    """Make all that the swap needs, beside traffic."""
    runner.clears(*shadow.gone)
    try:
        shadow.create(runner)
        shadow.fill(runner)
        if not_null:
            filled.ensure(runner, shadow.table, shadow.name)
        dependents.make(runner, shadow, dependents.of(runner, shadow.table, number))
        shadow.verify(runner)
    except LeftNothingError:
        shadow.drop(runner)
        raise
    except DBAPIError as error:
        lock_retry.raise_busy(error)
        # Its trigger would fail for everybody who writes.
        shadow.drop(runner)
        raise runner.refuse(
            f"{shadow.column} of {shadow.table.shown} cannot become {shadow.type}: "
            f"{error_text.of(error)}."
        ) from error
    runner.long(f"ANALYZE {shadow.on} ({shadow.name})")
