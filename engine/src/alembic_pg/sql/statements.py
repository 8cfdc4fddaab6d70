"""Define a dataclass for each kind of statement that has an online strategy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A statement.

    sql: its text. table: the table that it is about, as the statement names it. Every name is one
    that a statement can repeat and to_regclass() reads.
    """

    sql: str
    table: str


@dataclass(frozen=True)
class CreateIndex(Statement):
    """CREATE INDEX with a name.

    rest: what follows the name of the table. if_not_exists: whether IF NOT EXISTS is written.
    """

    name: str
    unique: bool
    rest: str
    if_not_exists: bool


@dataclass(frozen=True)
class DropIndex(Statement):
    """DROP INDEX of one index.

    table: "", which only the catalog knows. if_exists: whether IF EXISTS is written.
    """

    name: str
    if_exists: bool


@dataclass(frozen=True)
class AddConstraint(Statement):
    """ADD CONSTRAINT of a new constraint that looks at all rows.

    name: "" where PostgreSQL chooses it. kind: CHECK, FOREIGN, UNIQUE, PRIMARY or EXCLUDE. body:
    the text from that word on. only: whether ALTER TABLE ONLY is written.
    """

    name: str
    kind: str
    body: str
    only: bool


@dataclass(frozen=True)
class ValidateConstraint(Statement):
    """VALIDATE CONSTRAINT; name: the constraint's."""

    name: str


@dataclass(frozen=True)
class SetNotNull(Statement):
    """ALTER COLUMN … SET NOT NULL; only: whether ALTER TABLE ONLY is written."""

    column: str
    only: bool = False


@dataclass(frozen=True)
class AddColumn(Statement):
    """ADD COLUMN.

    definition: the type and what follows. only: whether ALTER TABLE ONLY is written.
    """

    column: str
    definition: str
    only: bool = False


@dataclass(frozen=True)
class AlterColumnType(Statement):
    """ALTER COLUMN … TYPE.

    definition: the type and what follows, up to USING. using: the expression after USING, or "".
    only: whether ALTER TABLE ONLY is written.
    """

    column: str
    definition: str
    using: str
    only: bool = False


@dataclass(frozen=True)
class AddEnumValue(Statement):
    """ALTER TYPE … ADD VALUE.

    table: the type. value: the text from the value on. if_not_exists: whether IF NOT EXISTS is
    written.
    """

    value: str
    if_not_exists: bool


@dataclass(frozen=True)
class UpdateOrDelete(Statement):
    """UPDATE or DELETE of one table: ``verb table AS alias body WHERE condition``.

    condition: "" without WHERE. single_table: whether no other table is named beside it.
    backfill_column, backfill_value: c and value of ``UPDATE … SET c = value WHERE c IS NULL``
    whose value asks no table, else twice "".
    """

    verb: str
    alias: str
    body: str
    condition: str
    single_table: bool
    backfill_column: str
    backfill_value: str = ""


@dataclass(frozen=True)
class UnbatchedWrite(Statement):
    """Any other statement that may change rows.

    sql: what the planner is asked about: of EXPLAIN ANALYZE, PREPARE and COPY, the statement in
    them. table: "", which only the planner knows.
    """


@dataclass(frozen=True)
class OtherAlterTable(Statement):
    """Any other ALTER TABLE; rest: what follows the name of the table."""

    rest: str


@dataclass(frozen=True)
class AddPartition(Statement):
    """ATTACH PARTITION, or CREATE TABLE … PARTITION OF.

    table: the parent. partition: the name of the new part. bound: FOR VALUES with what follows, or
    DEFAULT. is_attach: whether it is ATTACH PARTITION.
    """

    partition: str
    bound: str
    is_attach: bool


@dataclass(frozen=True)
class DetachPartition(Statement):
    """DETACH PARTITION … CONCURRENTLY; partition: its name."""

    partition: str


@dataclass(frozen=True)
class AlterDomain(Statement):
    """ALTER DOMAIN that looks at old values; table: the domain. action: what it does, in words."""

    action: str


@dataclass(frozen=True)
class ConcurrentMaintenance(Statement):
    """REINDEX … CONCURRENTLY, or CREATE INDEX CONCURRENTLY without a name or with ONLY.

    table: "", which nobody asks for. kind: of REINDEX, what is named: TABLE, INDEX, SCHEMA,
    DATABASE or SYSTEM; "" of CREATE INDEX. name: that; of CREATE INDEX, the table's. unique, rest:
    of CREATE INDEX, as CreateIndex has them.
    """

    kind: str
    name: str
    unique: bool = False
    rest: str = ""


@dataclass(frozen=True)
class UnnamedIndex(Statement):
    """CREATE INDEX without a name, or with ONLY."""

    only: bool


@dataclass(frozen=True)
class Rewrite(Statement):
    """REFRESH MATERIALIZED VIEW, CLUSTER, REINDEX, VACUUM FULL or another that writes all anew.

    table: the first table, index or view that is named, "" for all that there are. command: the
    words of the statement, for messages. other_tables: the further tables that are named.
    """

    command: str
    other_tables: tuple[str, ...] = ()
