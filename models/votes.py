"""What users think of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.roles import API_ROLE

if TYPE_CHECKING:
    from models.posts import Post
    from models.users import User


class Vote(Base):
    """One user's vote on one post."""

    __tablename__ = "votes"
    __table_args__ = (
        CheckConstraint("direction IN (-1, 1)", name="direction"),
        Index(None, "post_id"),
        {"comment": "One vote per user and post"},
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    direction: Mapped[int] = mapped_column(SmallInteger(), comment="+1 or -1")

    user: Mapped[User] = relationship(back_populates="votes")
    post: Mapped[Post] = relationship(back_populates="votes")


api_reads_votes = PGGrantTable(
    schema="public",
    table="votes",
    columns=["user_id", "post_id", "direction"],
    role=API_ROLE,
    grant=PGGrantTableChoice.SELECT,
)
api_votes = PGGrantTable(
    schema="public",
    table="votes",
    columns=["user_id", "post_id", "direction"],
    role=API_ROLE,
    grant=PGGrantTableChoice.INSERT,
)
api_changes_votes = PGGrantTable(
    schema="public",
    table="votes",
    columns=["direction"],
    role=API_ROLE,
    grant=PGGrantTableChoice.UPDATE,
)
api_withdraws_votes = PGGrantTable(
    schema="public", table="votes", role=API_ROLE, grant=PGGrantTableChoice.DELETE
)
