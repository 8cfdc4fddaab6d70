"""Hold what the models declare: their tables and their entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy import Table


@dataclass(frozen=True)
class Models:
    """Hold what the models declare.

    metadata: one, or several that share no table. entities: what alembic-utils declares beside
    their tables. left_out: the tables that are somebody else's. used_by_entities: those of them
    that entities name, which cannot be built without them; no other one of them is built.
    """

    metadata: MetaData | tuple[MetaData, ...]
    entities: tuple[ReplaceableEntity, ...]
    left_out: frozenset[Table] = frozenset()
    used_by_entities: frozenset[Table] = frozenset()

    @property
    def tables(self) -> list[Table]:
        """The tables, also those that are left out."""
        return declared_tables(self.metadata)

    @property
    def built_tables(self) -> list[Table]:
        """The tables that are built."""
        missing = self.missing_tables
        return [table for table in self.tables if table not in missing]

    @property
    def missing_tables(self) -> frozenset[Table]:
        """The tables that are not built."""
        return self.left_out - self.used_by_entities


def declared_tables(metadata: MetaData | Sequence[MetaData]) -> list[Table]:
    """Return the tables of a MetaData, or of several."""
    return [table for one in each_metadata(metadata) for table in one.tables.values()]


def each_metadata(metadata: MetaData | Sequence[MetaData]) -> Sequence[MetaData]:
    """Return the MetaData of models, of which there may be several."""
    return [metadata] if isinstance(metadata, MetaData) else metadata
