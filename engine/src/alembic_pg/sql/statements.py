"""The statements that have an online form, and what they say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A statement; table: the table that it is about, as the statement names it."""

    sql: str
    table: str


@dataclass(frozen=True)
class CreateIndex(Statement):
    """CREATE INDEX; rest: what follows the name of the table. there_ok: IF NOT EXISTS."""

    name: str
    unique: bool
    rest: str
    there_ok: bool


@dataclass(frozen=True)
class DropIndex(Statement):
    """DROP INDEX of one index; table: "", which only the catalog knows."""

    name: str
    missing_ok: bool


@dataclass(frozen=True)
class AddConstraint(Statement):
    """ADD CONSTRAINT.

    name: "" where PostgreSQL chooses it. kind: CHECK, FOREIGN, UNIQUE, PRIMARY or EXCLUDE. body:
    from that word on. only: whether it says ALTER TABLE ONLY.
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
    """ALTER COLUMN … SET NOT NULL. only: whether it says ALTER TABLE ONLY."""

    column: str
    only: bool = False


@dataclass(frozen=True)
class AddColumn(Statement):
    """ADD COLUMN; definition: its type and what follows. only: as above."""

    column: str
    definition: str
    only: bool = False


@dataclass(frozen=True)
class AlterColumnType(Statement):
    """ALTER COLUMN … TYPE; definition: the type and what follows. using: its expression, or "".

    only: as above.
    """

    column: str
    definition: str
    using: str
    only: bool = False


@dataclass(frozen=True)
class AddEnumValue(Statement):
    """ALTER TYPE … ADD VALUE; table: the type. value: from the value on. there_ok: as above."""

    value: str
    there_ok: bool


@dataclass(frozen=True)
class UpdateOrDelete(Statement):
    """UPDATE or DELETE of one table: ``verb table AS alias body WHERE condition``.

    condition: "" without WHERE. alone: whether it names no other table. fills: the column of an
    UPDATE of the shape ``SET c = value WHERE c IS NULL``, whose value asks no table, else "".
    """

    verb: str
    alias: str
    body: str
    condition: str
    alone: bool
    fills: str
    value: str = ""


@dataclass(frozen=True)
class OtherWrite(Statement):
    """Any other statement that may change rows; table: "", which only the planner knows."""


@dataclass(frozen=True)
class OtherAlterTable(Statement):
    """Any other ALTER TABLE; rest: what follows the name of the table."""

    rest: str


@dataclass(frozen=True)
class AddPartition(Statement):
    """ATTACH PARTITION, or CREATE TABLE … PARTITION OF; table: the parent.

    partition: its name. bound: FOR VALUES with what follows, or DEFAULT. attached: which of both.
    """

    partition: str
    bound: str
    attached: bool


@dataclass(frozen=True)
class DetachPartition(Statement):
    """DETACH PARTITION … CONCURRENTLY; partition: its name."""

    partition: str


@dataclass(frozen=True)
class AlterDomain(Statement):
    """ALTER DOMAIN that looks at old values; table: the domain. what: the words of the action."""

    what: str


@dataclass(frozen=True)
class ConcurrentMaintenance(Statement):
    """REINDEX … CONCURRENTLY, or such a CREATE INDEX without a name; table: "", it is not asked."""


@dataclass(frozen=True)
class UnnamedIndex(Statement):
    """CREATE INDEX without a name, or with ONLY."""

    only: bool


@dataclass(frozen=True)
class Rewrite(Statement):
    """REFRESH MATERIALIZED VIEW, CLUSTER, REINDEX, VACUUM FULL or the like.

    table: "" for all that there are. what: these words. others: more tables that it names.
    """

    what: str
    others: tuple[str, ...] = ()
