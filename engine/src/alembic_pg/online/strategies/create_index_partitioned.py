"""Create an index on a partitioned table: CONCURRENTLY on each partition, then attached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.online.ensure import index
from alembic_pg.online.run import large_tables
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.online.strategies.strategy import (
    METADATA_ONLY,
    SCAN_BESIDE_TRAFFIC,
    Strategy,
    strategy,
)
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.statements import CreateIndex

# The last one is what PostgreSQL says of a table that is dropped meanwhile.
_GONE = {SqlState.UNDEFINED_TABLE, SqlState.UNDEFINED_OBJECT, SqlState.INTERNAL_ERROR}

# The partitions that have no index attached to an index of their parent.
_CHILDREN_WITHOUT = """
SELECT inhrelid::regclass::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE inhparent = :table AND c.relkind <> 'f' AND NOT EXISTS (
  SELECT FROM pg_index AS x JOIN pg_inherits AS a ON a.inhrelid = x.indexrelid
  WHERE x.indrelid = i.inhrelid AND a.inhparent = :index)
ORDER BY 1
"""

_FOREIGN_PARTITION = """
SELECT relid::regclass::text FROM pg_partition_tree(:table) JOIN pg_class ON oid = relid
WHERE relkind = 'f' ORDER BY 1 LIMIT 1
"""

_LEAVES = """
SELECT relid::regclass::text FROM pg_partition_tree(:table) JOIN pg_class ON oid = relid
WHERE relkind = 'r' ORDER BY 1
"""

_ATTACHED = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:name) LIMIT 1
"""

_PARTITION_TREE = "SELECT relid::regclass::text FROM pg_partition_tree(:table)"

# The indexes of a partition; attached: to which index of its parent.
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, i.indisvalid AS valid, h.inhparent AS attached,
  i.indexrelid AS oid, pg_partition_root(i.indexrelid)::oid AS root
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
  LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
WHERE i.indrelid = :table
ORDER BY c.oid
"""


def strategy_for(runner: Runner, statement: CreateIndex, table: Relation) -> Strategy | None:
    """Return how to create an index on a partitioned table, None where that is one statement.

    A foreign partition has no index, and the parent's is INVALID until each partition has one;
    only PostgreSQL itself, in one statement, leaves the foreign ones out.
    """
    foreign = runner.first_value(_FOREIGN_PARTITION, table=table.oid)
    if foreign is None:
        return create_on_partitions
    if not _all_have_it(runner, statement, table):
        kind = of_statements.FOREIGN_PARTITION
        large_tables.refuse_if_large(runner, table, kind, name=statement.name, partition=foreign)
    return None


def _all_have_it(runner: Runner, statement: CreateIndex, table: Relation) -> bool:
    """Return whether each partition that stores rows has an index that the statement takes over."""
    for (name,) in runner.fetch_rows(_LEAVES, table=table.oid):
        leaf = runner.find_relation(name)
        if leaf is not None and not any(
            one.valid
            and index.has_definition(
                runner, leaf, one.name, unique=statement.unique, rest=statement.rest
            )
            for one in runner.fetch_rows(_INDEXES, table=leaf.oid)
        ):
            return False
    return True


# SHARE: of the parent's own index, which has no row.
@strategy(
    "CONCURRENTLY on each partition, then attached",
    "SHARE",
    f"{METADATA_ONLY}, {SCAN_BESIDE_TRAFFIC}",
)
def create_on_partitions(runner: Runner, statement: CreateIndex, table: Relation, key: str) -> None:
    """Create an index on a partitioned table; it is valid when all its partitions have theirs."""
    runner.run_pending()
    on = quote_name(table.schema, table.name)
    began = runner.start_detail(key, index.start_detail(on, statement.name))
    with runner.outside_transaction(key, began):
        try:
            _create_with_parts(
                runner,
                table,
                statement.name,
                unique=statement.unique,
                rest=statement.rest,
                fresh=statement.sql,
            )
        except RefusedError:
            runner.run_short(f"DROP INDEX IF EXISTS {quote_name(table.schema)}.{statement.name}")
            _drop_unattached(runner, table, unique=statement.unique, rest=statement.rest)
            raise


def removal_statements(
    runner: Runner, statement: CreateIndex, table: Relation, detail: str
) -> list[str] | None:
    """Return what takes an index with its parts away, None where somebody else's is one of them.

    detail: what was noted when it began.
    """
    place = f"{quote_name(table.schema)}.{statement.name}"
    theirs = {int(oid) for oid in detail.partition(" ")[2].split(",") if oid}
    root = runner.first_value("SELECT to_regclass(:name)::oid", name=place)
    free = []
    for (name,) in runner.fetch_rows(_PARTITION_TREE, table=table.oid):
        partition = runner.find_relation(name)
        if partition is None or partition.oid == table.oid:
            continue
        for one in runner.fetch_rows(_INDEXES, table=partition.oid):
            if one.oid in theirs:
                if one.attached is not None and root in (one.attached, one.root):
                    return None
            elif one.attached is None and index.has_definition(
                runner, partition, one.name, unique=statement.unique, rest=statement.rest
            ):
                free.append(f"DROP INDEX {one.name}")
    return [f"DROP INDEX IF EXISTS {place}", *free]


def _create_with_parts(  # noqa: PLR0913  # what CREATE INDEX says
    runner: Runner, table: Relation, name: str, *, unique: bool, rest: str, fresh: str
) -> None:
    """Create the parent's index and those of its partitions.

    fresh: the statement whose error is raised when there is another index of that name.
    """
    place = f"{quote_name(table.schema)}.{name}"
    found = runner.find_relation(place)
    if found is not None and not (
        index.is_index_of(runner, table, place)
        and index.has_definition(runner, table, place, unique=unique, rest=rest)
    ):
        runner.run_for_its_error(fresh)
        return
    if found is None:
        kind = "UNIQUE INDEX" if unique else "INDEX"
        runner.run_short(
            f"CREATE {kind} {name} ON ONLY {quote_name(table.schema, table.name)} {rest}"
        )
    attach_partition_indexes(runner, table, place, unique=unique, rest=rest)


def attach_partition_indexes(
    runner: Runner, table: Relation, parent: str, *, unique: bool, rest: str
) -> None:
    """Give each partition of a table its index, and attach it to the parent's."""
    oid = runner.first_value("SELECT to_regclass(:name)::oid", name=parent)
    # Listed anew after each: somebody may drop a partition meanwhile, or make one.
    while (partition := _next_without(runner, table, oid)) is not None:
        try:
            name = _unattached_index(runner, partition, unique=unique, rest=rest)
            if name is None:
                name = _build_partition_index(runner, partition, unique=unique, rest=rest)
            runner.run_short(f"ALTER INDEX {parent} ATTACH PARTITION {name}")
        except DBAPIError as error:
            if errors.sqlstate(error) not in _GONE or _is_there(runner, partition):
                raise
    if not index.is_valid(runner, parent):
        _validate_parent(runner, table, parent, unique=unique, rest=rest)


def _validate_parent(
    runner: Runner, table: Relation, parent: str, *, unique: bool, rest: str
) -> None:
    """Let a parent's index be valid whose last missing part went with a partition.

    Raises RefusedError where the server does not look again.
    """
    attached = runner.first_value(_ATTACHED, name=parent)
    if attached is not None:
        runner.run_short(f"ALTER INDEX {parent} ATTACH PARTITION {attached}")
    else:
        # Of a table without partitions it is valid from the start.
        kind = "UNIQUE INDEX" if unique else "INDEX"
        on, plain = quote_name(table.schema, table.name), Cursor(parent).qualified_name()[1]
        create = f"CREATE {kind} {quote_name(plain)} ON ONLY {on} {rest}"
        runner.run_short(f"DROP INDEX {parent}", create)
    if not index.is_valid(runner, parent):
        raise runner.refused_error(of_batches.STAYS_INVALID(table.display_name, name=parent))


def _next_without(runner: Runner, table: Relation, parent: int) -> Relation | None:
    """Return the first partition of a table that has no index attached to the parent's."""
    for (child,) in runner.fetch_rows(_CHILDREN_WITHOUT, table=table.oid, index=parent):
        partition = runner.find_relation(child)
        if partition is not None:
            return partition
    return None


def _is_there(runner: Runner, partition: Relation) -> bool:
    found = runner.find_relation(quote_name(partition.schema, partition.name))
    return found is not None and found.oid == partition.oid


def _unattached_index(runner: Runner, table: Relation, *, unique: bool, rest: str) -> str | None:
    """Return a valid index of a partition that nobody uses; an invalid one is dropped."""
    for one in runner.fetch_rows(_INDEXES, table=table.oid):
        if one.attached is not None or not index.has_definition(
            runner, table, one.name, unique=unique, rest=rest
        ):
            continue
        if one.valid:
            return str(one.name)
        if table.kind == "p":
            attach_partition_indexes(runner, table, one.name, unique=unique, rest=rest)
            return str(one.name)
        index.drop_if_exists(runner, one.name)
    return None


def _drop_unattached(runner: Runner, table: Relation, *, unique: bool, rest: str) -> None:
    """Drop what was not attached yet."""
    for (name,) in runner.fetch_rows(_PARTITION_TREE, table=table.oid):
        partition = runner.find_relation(name)
        if partition is None:
            continue  # somebody has dropped it
        for one in runner.fetch_rows(_INDEXES, table=partition.oid):
            if not (one.valid or one.attached) and index.has_definition(
                runner, partition, one.name, unique=unique, rest=rest
            ):
                runner.run_short(f"DROP INDEX {one.name}")


def _build_partition_index(runner: Runner, table: Relation, *, unique: bool, rest: str) -> str:
    """Build a partition's index, under the name that PostgreSQL chooses for it."""
    kind = "UNIQUE INDEX" if unique else "INDEX"
    on = quote_name(table.schema, table.name)
    if table.kind == "p":
        runner.run_short(f"CREATE {kind} ON ONLY {on} {rest}")
    else:
        index.build_concurrently(
            runner,
            table,
            f"CREATE {kind} CONCURRENTLY ON {on} {rest}",
            rest,
            lambda: _unattached_index(runner, table, unique=unique, rest=rest),
        )
    name = _unattached_index(runner, table, unique=unique, rest=rest)
    if name is None:
        raise runner.refused_error(of_batches.DROPPED_MEANWHILE(table.display_name))
    return name
