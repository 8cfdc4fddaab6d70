"""What was made by hand is written into the models' own source, and nothing around it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.own import own

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

HAND = (
    "ALTER TABLE votes ADD COLUMN note text",
    "ALTER TABLE votes ADD COLUMN at timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE posts ALTER title SET DEFAULT 'it''s'",
    "ALTER TABLE posts ALTER content DROP NOT NULL",
    "COMMENT ON COLUMN posts.title IS 'by hand'",
    "COMMENT ON TABLE votes IS 'Said by hand'",
    "CREATE INDEX by_hand ON posts (title) WHERE published",
    "CREATE INDEX low ON posts (lower(title) DESC)",
    "DROP INDEX votes_post_id_idx",
    "ALTER TABLE users ADD CONSTRAINT short CHECK (id < 900)",
    "ALTER TABLE posts DROP CONSTRAINT posts_title_length_check",
    "ALTER TABLE votes ADD CONSTRAINT one UNIQUE (direction, user_id)",
    "ALTER TABLE votes DROP CONSTRAINT votes_user_id_fkey",
)

STYLES = """\
# The old ways, too.
from sqlalchemy import Column, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

plain = Table(
    "plain",
    Base.metadata,
    Column("id", Integer, primary_key=True),  # kept
    Column("name", String(20), index=True),
    Column("rank", Integer, server_default="7"),
)


class Old(Base):
    __tablename__ = "old"
    __table_args__ = {"comment": "old"}

    id = Column(Integer, primary_key=True)
    text = Column(String(9))  # a name that hides sqlalchemy.text


class Bare(Base):
    __tablename__ = "bare"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    code: Mapped[str | None]
"""

BY_HAND = (
    "ALTER TABLE plain ADD COLUMN amount numeric(8,2) NOT NULL DEFAULT 1.5",
    "CREATE INDEX plain_amount ON plain (amount)",
    "DROP INDEX plain_name_idx",
    "ALTER TABLE old ADD COLUMN class text",
    "ALTER TABLE old ALTER text SET DEFAULT 'x'",
    "ALTER TABLE old ADD CONSTRAINT old_short_check CHECK (length(text) < 5)",
    "ALTER TABLE old ALTER text SET NOT NULL",
    "ALTER TABLE bare ALTER kind SET DEFAULT 'a'",
    "ALTER TABLE bare ALTER code SET NOT NULL",
    "ALTER TABLE bare ADD CONSTRAINT bare_once UNIQUE (kind, code)",
    "CREATE INDEX bare_code ON bare USING hash (code)",
    "ALTER TABLE bare ADD COLUMN seen uuid",
    "ALTER TABLE bare ALTER kind TYPE varchar(5)",
    "ALTER TABLE plain ALTER name TYPE varchar(30)",
    "ALTER TABLE plain ALTER rank TYPE bigint",
)


def test_each_goes_into_the_class_that_declares_its_table(
    tree_at_head: Tree, database: URL
) -> None:
    state.execute(database, *HAND)
    done = own(tree_at_head, "drift", "--into-models", "models/by_hand.py")
    assert (done.code, done.err) == (0, ""), done
    told = done.out.partition("diff --git")[0]
    assert not (tree_at_head.root / "models" / "by_hand.py").exists(), done.out
    assert "Not declared" not in done.out, done.out
    assert told.count("\n") == len(HAND) + 1, told
    assert "+++ b/models/votes.py" in done.out
    for line in (
        "+    note: Mapped[str | None] = mapped_column(Text())",
        "-    content: Mapped[str]",
        "+    content: Mapped[str | None]",
        '+        CheckConstraint("id < 900", name=conv("short")),',
        '-        Index(None, "post_id"),',
        '-        CheckConstraint("char_length(title) <= 300", name="title_length"),',
    ):
        assert line in done.out.splitlines(), (line, done.out)
    made = tree_at_head.alembic("revision", "--autogenerate", "-m", "made by hand")
    assert made.code == 0, made
    assert tree_at_head.alembic("stamp", "head").code == 0
    assert own(tree_at_head, "drift").code == 0


def test_tables_and_classes_of_every_style(tree: Tree, empty: URL) -> None:
    """The comments of the source stay, and so does what is not named."""
    file = tree.root / "models" / "styles.py"
    file.write_text(STYLES)
    assert tree.alembic("revision", "--autogenerate", "-m", "styles").code == 0
    assert tree.alembic("upgrade", "head").code == 0
    state.execute(empty, *BY_HAND)
    done = own(tree, "drift", "--into-models", "models/by_hand.py")
    assert (done.code, done.err) == (0, ""), done
    assert "Not declared" not in done.out, done.out
    assert not (tree.root / "models" / "by_hand.py").exists(), done.out
    after = file.read_text()
    kept = [line for line in STYLES.splitlines() if "#" in line]
    assert [line for line in after.splitlines() if "#" in line][: len(kept)] != []
    for line in kept:
        assert line.partition("#")[2] in after, after
    assert tree.alembic("revision", "--autogenerate", "-m", "by hand").code == 0
    assert tree.alembic("stamp", "head").code == 0
    assert own(tree, "drift").code == 0
