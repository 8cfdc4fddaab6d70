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
    their tables.
    """

    metadata: MetaData | tuple[MetaData, ...]
    entities: tuple[ReplaceableEntity, ...]

    @property
    def tables(self) -> list[Table]:
        """The tables."""
        return declared_tables(self.metadata)


def declared_tables(metadata: MetaData | Sequence[MetaData]) -> list[Table]:
    """Return the tables of a MetaData, or of several."""
    every = [metadata] if isinstance(metadata, MetaData) else metadata
    return [table for one in every for table in one.tables.values()]
