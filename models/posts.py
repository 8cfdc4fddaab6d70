"""What users write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Text,
    column,
    table,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, DefaultTrue, Id, UpdatedAt
from models.roles import API_ROLE

if TYPE_CHECKING:
    from models.users import User
    from models.votes import Vote


class Post(Base):
    """A text with a title, by one user."""

    __tablename__ = "posts"
    __table_args__ = (
        CheckConstraint(r"title ~ '\S'", name="title_not_blank"),
        CheckConstraint("char_length(title) <= 300", name="title_length"),
        CheckConstraint(r"content ~ '\S'", name="content_not_blank"),
        CheckConstraint("char_length(content) <= 100000", name="content_length"),
        Index(None, "owner_id"),
        Index(None, "search", postgresql_using="gin"),
        {"comment": "What users write"},
    )

    id: Mapped[Id]
    title: Mapped[str]
    content: Mapped[str]
    published: Mapped[DefaultTrue] = mapped_column(comment="False: a draft, shown to its owner")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt] = mapped_column(comment="Set by the trigger at every update")
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    search: Mapped[Any] = mapped_column(
        TSVECTOR(),
        Computed("to_tsvector('english', title || ' ' || content)", persisted=True),
        deferred=True,
        comment="Title and content for full-text search: search @@ websearch_to_tsquery(…)",
    )

    owner: Mapped[User] = relationship(back_populates="posts")
    votes: Mapped[list[Vote]] = relationship(
        back_populates="post", cascade="all, delete-orphan", passive_deletes=True
    )


touch_updated_at = PGFunction(
    schema="public",
    signature="touch_updated_at()",
    definition="""
    RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = ''
    AS $$
    BEGIN
        NEW.updated_at := pg_catalog.now();
        RETURN NEW;
    END
    $$
    """,
)

posts_touch_updated_at = PGTrigger(
    schema="public",
    signature="posts_touch_updated_at",
    on_entity="public.posts",
    definition="""
    BEFORE UPDATE ON public.posts
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at()
    """,
)

# What an API reads: every post with the sum of its votes.
post_scores_view = PGView(
    schema="public",
    signature="post_scores",
    definition="""
    SELECT posts.id,
           posts.title,
           posts.content,
           posts.published,
           posts.created_at,
           posts.updated_at,
           posts.owner_id,
           coalesce(tally.score, 0) AS score,
           coalesce(tally.votes, 0) AS votes
    FROM public.posts
    LEFT JOIN LATERAL (
        SELECT sum(votes.direction) AS score, count(*) AS votes
        FROM public.votes
        WHERE votes.post_id = posts.id
    ) AS tally ON true
    """,
)

post_scores = table(
    "post_scores",
    column("id", BigInteger()),
    column("title", Text()),
    column("content", Text()),
    column("published", Boolean()),
    column("created_at", TIMESTAMP(timezone=True)),
    column("updated_at", TIMESTAMP(timezone=True)),
    column("owner_id", BigInteger()),
    column("score", BigInteger()),
    column("votes", BigInteger()),
)

api_reads_posts = PGGrantTable(
    schema="public",
    table="posts",
    columns=[
        "id",
        "title",
        "content",
        "published",
        "created_at",
        "updated_at",
        "owner_id",
        "search",
    ],
    role=API_ROLE,
    grant=PGGrantTableChoice.SELECT,
)
api_writes_posts = PGGrantTable(
    schema="public",
    table="posts",
    columns=["title", "content", "published", "owner_id"],
    role=API_ROLE,
    grant=PGGrantTableChoice.INSERT,
)
api_changes_posts = PGGrantTable(
    schema="public",
    table="posts",
    columns=["title", "content", "published"],
    role=API_ROLE,
    grant=PGGrantTableChoice.UPDATE,
)
api_deletes_posts = PGGrantTable(
    schema="public", table="posts", role=API_ROLE, grant=PGGrantTableChoice.DELETE
)
api_reads_post_scores = PGGrantTable(
    schema="public",
    table="post_scores",
    columns=[column.name for column in post_scores.columns],
    role=API_ROLE,
    grant=PGGrantTableChoice.SELECT,
)
