"""A model to be added to a tree."""

from __future__ import annotations

TAGS = '''\
"""Words by which posts are found."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from models.base import Base, Id


class Tag(Base):
    """A word."""

    __tablename__ = "tags"

    id: Mapped[Id]
    word: Mapped[str]
'''
