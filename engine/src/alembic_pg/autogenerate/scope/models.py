"""Hold what the models' package declares: its tables and its entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy import MetaData


@dataclass(frozen=True)
class Models:
    """Hold what the models' package declares.

    metadata: its tables, complete. entities: what alembic-utils declares beside them.
    """

    metadata: MetaData
    entities: tuple[ReplaceableEntity, ...]
