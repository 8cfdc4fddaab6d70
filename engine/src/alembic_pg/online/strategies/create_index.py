"""Create and drop indexes CONCURRENTLY; replace one of the same name without a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.online.ensure import index
from alembic_pg.online.run import ways_back
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.online.run.journal import statement_key
from alembic_pg.online.run.signals import PostponedDrop, Wait
from alembic_pg.online.strategies import replace_constraint
from alembic_pg.online.strategies.strategy import (
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    SHARE_UPDATE_EXCLUSIVE,
    strategy,
)
from alembic_pg.sql.lexer import short_line
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.online.strategies.strategy import Strategy
    from alembic_pg.sql.statements import CreateIndex, DropIndex

# What is noted where an index takes the place of one that a statement before drops, and from when
# on it has: until then, the other one is neither dropped nor noted so.
NOTED_REPLACE, NOTED_REPLACED = "replaces", ways_back.NOTED_REPLACED


def can_drop_online(runner: Runner, statement: DropIndex, key: str) -> bool:
    """Return whether an index can be dropped online; else PostgreSQL says what is wrong."""
    state = index.index_state(runner, statement.name)
    if state is None:
        return runner.journal.was_interrupted(key)
    relation = runner.find_relation(statement.name)
    usual = relation is not None and relation.kind == "i"
    return (
        usual
        and state.table in runner.existing_tables
        and not (state.constrained or state.attached)
    )


def drop_strategy(runner: Runner, statement: DropIndex) -> Strategy:
    """Return what lets an index that can be dropped online wait for the statements that follow.

    Raises RefusedError where it is a unique one of a large table, which would lack it meanwhile.
    """
    from alembic_pg.online import dropped_indexes, postponed_drops  # noqa: PLC0415  # of few

    relation = runner.find_relation(statement.name)
    table = dropped_indexes.table_of(runner, relation) if relation is not None else None
    if relation is None or table is None:
        return drop_concurrently.waiting(Wait())
    if dropped_indexes.stays_in_transaction(runner, relation.name, table):
        return drop_concurrently.bound(in_transaction=True).waiting(Wait())
    if runner.connection_handed_out:
        return drop_concurrently.waiting(Wait())
    kind = postponed_drops.INDEX
    dropped = dropped_indexes.dropped_one(runner, kind, relation.name, table)
    wait = dropped_indexes.wait_of(
        runner, statement.sql, dropped, table, replace_constraint.can_come_first
    )
    return drop_concurrently.waiting(wait or Wait())


@strategy("dropped CONCURRENTLY", SHARE_UPDATE_EXCLUSIVE, METADATA_ONLY)
def drop_concurrently(  # the last two are what drop_strategy() found
    runner: Runner,
    statement: DropIndex,
    key: str,
    *,
    wait: Wait,
    in_transaction: bool = False,
) -> None:
    """Wait for the statements that follow: what does for this index is built before it goes.

    in_transaction: whether it is then dropped in the open transaction, and not CONCURRENTLY.
    """
    runner.run_pending()
    relation = runner.find_relation(statement.name)
    if relation is None:
        runner.journal.add_pending(key)
        return
    name = quote_name(relation.schema, relation.name)

    def work() -> None:
        if in_transaction:
            runner.send_queued()
            runner.wait_for_blockers(statement.sql)
            runner.execute(statement.sql)
            runner.executed.append(statement.sql)
            runner.journal.add_pending(key)
            return
        with runner.outside_transaction(key):
            index.drop_if_exists(runner, name)

    if runner.connection_handed_out:
        work()  # the next statement may be one that nobody tells us of
        return
    runner.postponed.append(PostponedDrop(key, work, name, relation.name, wait))


def replaces(runner: Runner, statement: CreateIndex, table: Relation) -> bool:
    """Return whether an index takes the place of one of the same table that waits, or has it."""
    has_it = runner.journal.detail(statement_key(statement.sql)) == NOTED_REPLACED
    return has_it or _replaced_drop(runner, statement, table) is not None


def _replaced_drop(runner: Runner, statement: CreateIndex, table: Relation) -> PostponedDrop | None:
    """Return the drop of the index of a name that a table has; one that is INVALID just goes."""
    name = quote_name(table.schema, catalog_name(statement.name))
    waits, state = runner.postponed_drop(name), index.index_state(runner, name)
    stays = state is not None and state.table == table.oid and state.valid
    return waits if stays else None


@strategy("built CONCURRENTLY", SHARE_UPDATE_EXCLUSIVE, SCAN_BESIDE_TRAFFIC)
def create_concurrently(runner: Runner, statement: CreateIndex, table: Relation, key: str) -> None:
    """Create an index; one of the same name that a statement before drops, goes after it."""
    name = f"{quote_name(table.schema)}.{statement.name}"
    old = quote_name(table.schema, ways_back.old_index_name(statement))
    waits = _replaced_drop(runner, statement, table)
    noted = runner.journal.detail(key)
    changes = waits is not None or noted in {NOTED_REPLACE, NOTED_REPLACED}
    if waits is not None:
        runner.postponed.remove(waits)
    runner.run_pending()
    on = quote_name(table.schema, table.name)
    began = runner.start_detail(key, index.start_detail(on, statement.name))
    with runner.outside_transaction(key, NOTED_REPLACE if waits is not None else began):
        if waits is not None:
            runner.journal.add_pending(waits.key)
        if runner.find_relation(name) is not None and not index.is_index_of(runner, table, name):
            runner.run_for_its_error(statement.sql)
            return
        # Once it has its place, somebody may have given it a comment, say.
        is_other = noted != NOTED_REPLACED and _is_other(
            runner, statement, table, name, is_bare=changes
        )
        if is_other and not changes:
            runner.run_for_its_error(statement.sql)
            return
        if is_other:
            _replace(runner, statement, table, key, resumes=noted == NOTED_REPLACE)
        else:
            index.ensure_index(
                runner, table, statement.name, unique=statement.unique, rest=statement.rest
            )
        if changes and index.is_index_of(runner, table, old):
            index.drop_if_exists(runner, old)


def _is_other(
    runner: Runner, statement: CreateIndex, table: Relation, name: str, *, is_bare: bool
) -> bool:
    """Return whether a valid index has the name that is not what the statement would build.

    is_bare: whether that has no more than the statement says.
    """
    if not index.is_valid(runner, name):
        return False
    same = index.has_definition(runner, table, name, unique=statement.unique, rest=statement.rest)
    return not (same and (not is_bare or index.has_no_extras(runner, name)))


def _replace(
    runner: Runner, statement: CreateIndex, table: Relation, key: str, *, resumes: bool
) -> None:
    """Build an index beside the one of its name, and let it have that; the old one gets another.

    resumes: whether an earlier run has begun the same. Else what has the names of ours is left of a
    run that nobody finished, and of another definition maybe.
    """
    new = runner.helpers.name(catalog_name(statement.name), "new")
    old = ways_back.old_index_name(statement)
    for left in () if resumes else (new, old):
        index.drop_left(runner, table, quote_name(table.schema, left))
    index.ensure_index(runner, table, quote_name(new), unique=statement.unique, rest=statement.rest)
    runner.run_short(
        f"ALTER INDEX {quote_name(table.schema)}.{statement.name} RENAME TO {quote_name(old)}",
        f"ALTER INDEX {quote_name(table.schema, new)} RENAME TO {statement.name}",
        detail=(key, NOTED_REPLACED),
    )


def old_one_back(runner: Runner, statement: CreateIndex, table: Relation) -> list[str]:
    """Return what takes an index away that has the name of another one, which gets it again.

    Raises UserError where that one is gone, or INVALID since its drop has begun.
    """
    schema, old = quote_name(table.schema), ways_back.old_index_name(statement)
    name = f"{schema}.{statement.name}"
    values = {"table": quote_name(table.schema, table.name), "old": old}
    valid = runner.first_value(ways_back.IS_OLD_VALID, **values)
    if not valid:
        gone = "is gone" if valid is None else f"is INVALID ({schema}.{quote_name(old)})"
        raise UserError(
            f"Nothing undoes what is at work ({short_line(statement.sql)}), since the index that "
            f"it has replaced {gone}"
        )
    return [
        f"DROP INDEX IF EXISTS {name}",
        f"ALTER INDEX {schema}.{quote_name(old)} RENAME TO {statement.name}",
    ]


@strategy("built CONCURRENTLY, takes the place of a constraint", *replace_constraint.BUILT_BESIDE)
def replace_constraint_by_index(
    runner: Runner, statement: CreateIndex, table: Relation, key: str
) -> None:
    """Build an index, and let it have its name in the moment in which the constraint goes.

    Raises RefusedError where rows are not unique.
    """
    new = replace_constraint.new_name(runner, statement)
    place = f"{quote_name(table.schema)}.{new}"
    with replace_constraint.replacing(runner, key) as resumes:
        if not resumes:
            index.drop_if_exists(runner, place)
        index.ensure_index(runner, table, new, unique=statement.unique, rest=statement.rest)
        drop = replace_constraint.drop_of_old(runner, statement, table)
        rename = f"ALTER INDEX {place} RENAME TO {statement.name}"
        replace_constraint.swap(runner, statement, table, key, drop, rename)
