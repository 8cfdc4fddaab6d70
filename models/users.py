"""Who writes posts and votes on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from sqlalchemy import DDL, CheckConstraint, UniqueConstraint, event
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id
from models.roles import API_ROLE

if TYPE_CHECKING:
    from models.posts import Post
    from models.votes import Vote


class User(Base):
    """Somebody who can log in."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint(r"email ~ '^[^@\s]+@[^@\s]+$'", name="email_form"),
        CheckConstraint("char_length(CAST(email AS text)) <= 254", name="email_length"),
        CheckConstraint("char_length(password_hash) BETWEEN 20 AND 255", name="password_hash"),
        {"comment": "Who writes posts and votes on them"},
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(
        CITEXT(), comment="Unique whatever its case; the login's name"
    )
    password_hash: Mapped[str] = mapped_column(
        comment="The hash with its algorithm and salt, never a password"
    )
    created_at: Mapped[CreatedAt]

    posts: Mapped[list[Post]] = relationship(
        back_populates="owner", cascade="all, delete-orphan", passive_deletes=True
    )
    votes: Mapped[list[Vote]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


citext = PGExtension(schema="public", signature="citext")

# The API says for whom it works with SET LOCAL posts.user_email = '…'; it then sees, registers
# and changes that one row, password hash included, and nobody else's.
enable_row_level_security = DDL("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
event.listen(User.__table__, "after_create", enable_row_level_security)

users_own_row = PGPolicy(
    schema="public",
    signature="users_own_row",
    on_entity="public.users",
    definition=f"""
    FOR ALL TO {API_ROLE}
    USING (email = CAST(current_setting('posts.user_email', true) AS citext))
    """,
)

api_reads_users = PGGrantTable(
    schema="public",
    table="users",
    columns=["id", "email", "password_hash", "created_at"],
    role=API_ROLE,
    grant=PGGrantTableChoice.SELECT,
)
api_registers_users = PGGrantTable(
    schema="public",
    table="users",
    columns=["email", "password_hash"],
    role=API_ROLE,
    grant=PGGrantTableChoice.INSERT,
)
api_changes_users = PGGrantTable(
    schema="public",
    table="users",
    columns=["email", "password_hash"],
    role=API_ROLE,
    grant=PGGrantTableChoice.UPDATE,
)

# Counted now and then, not at every read: REFRESH MATERIALIZED VIEW CONCURRENTLY author_stats.
author_stats = PGMaterializedView(
    schema="public",
    signature="author_stats",
    definition="""
    SELECT posts.owner_id,
           count(*) AS posts,
           max(posts.created_at) AS last_post_at
    FROM public.posts
    WHERE posts.published
    GROUP BY posts.owner_id
    """,
    with_data=True,
)

# A concurrent refresh needs a unique index (PostgreSQL: REFRESH MATERIALIZED VIEW).
event.listen(
    Base.metadata,
    "after_create",
    DDL("CREATE UNIQUE INDEX author_stats_owner_id_idx ON author_stats (owner_id)"),
)

api_reads_author_stats = PGGrantTable(
    schema="public",
    table="author_stats",
    columns=["owner_id", "posts", "last_post_at"],
    role=API_ROLE,
    grant=PGGrantTableChoice.SELECT,
)
