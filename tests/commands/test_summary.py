"""What a person reads when a revision is made: what it locks, destroys and cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ddl.database.connect import connect
from tests.commands.run import run

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from tests.tree import Tree

BEFORE = '''\
"""Words by which posts are found."""

from __future__ import annotations

from sqlalchemy import Enum
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id


class Tag(Base):
    """A word."""

    __tablename__ = "tags"

    id: Mapped[Id]
    word: Mapped[str]
    state: Mapped[str] = mapped_column(Enum("draft", "open", "shut", name="tag_state"))
'''

AFTER = (
    BEFORE.replace("word: Mapped[str]\n", "name: Mapped[str]\n    size: Mapped[int]\n")
    .replace('"shut", ', "")
    .replace('"open"', '"public"')
)

HINTED = (
    AFTER.replace(
        "name: Mapped[str]", 'name: Mapped[str] = mapped_column(info={"renamed_from": "word"})'
    )
    .replace(
        "size: Mapped[int]",
        'size: Mapped[int] = mapped_column(info={"backfill": "length(word)"})',
    )
    .replace('name="tag_state")', 'name="tag_state"), info={"renamed_values": {"open": "public"}}')
    .replace("length(word)", "length(name)")
)

ROWS = "INSERT INTO tags (word, state) VALUES ('one', 'open'), ('three', 'shut')"

CHECKED = """\
operation    object
add column   tags.name
add column   tags.size
drop column  tags.word
change       type public.tag_state
change       table public.tags
drop         type public.tag_state_old

"""

WITHOUT = """\
operation    object                           lock              nature    destroys
check        no rows in tags                  ACCESS SHARE      scan
check        no "open", "shut" in tags.state  ACCESS SHARE      scan
add column   tags.name                        ACCESS EXCLUSIVE  scan
add column   tags.size                        ACCESS EXCLUSIVE  scan
drop column  tags.word                        ACCESS EXCLUSIVE  metadata  the values of tags.word
change       type public.tag_state            none              metadata  the value "open" of tag_state, the value "shut" of tag_state
change       table public.tags                ACCESS EXCLUSIVE  rewrite
drop         type public.tag_state_old        none              metadata
tags.word goes and tags.name of the same type comes. If that is a rename, add info={"renamed_from": "word"} to the column tags.name, delete the revision and make it again. If not, leave it: the values of tags.word are lost.
The enum tag_state loses "open", "shut" and gets "public". If that is a rename, add info={"renamed_values": {"open": "public"}} to a column of it, delete the revision and make it again. If not, leave it: the revision stops where rows hold what goes.
tags.name is NOT NULL and has no value for old rows: the revision stops where tags has rows. For those, add info={"backfill": "SQL expression"} or a server_default to the column, delete the revision and make it again.
tags.size is NOT NULL and has no value for old rows: the revision stops where tags has rows. For those, add info={"backfill": "SQL expression"} or a server_default to the column, delete the revision and make it again.
"""  # noqa: E501  # as it is printed

WITH = """\
operation               object                                     lock              nature    destroys
check                   no "shut" in tags.state                    ACCESS SHARE      scan
rename to name          tags.word                                  ACCESS EXCLUSIVE  metadata
rename value            type public.tag_state                      none              metadata
rename                  constraint public.tags tags_word_not_null  ACCESS EXCLUSIVE  metadata
add column              tags.size                                  ACCESS EXCLUSIVE  metadata
backfill                tags.size                                  ROW EXCLUSIVE     rewrite
alter column: nullable  tags.size                                  ACCESS EXCLUSIVE  scan
change                  type public.tag_state                      none              metadata  the value "shut" of tag_state
change                  table public.tags                          ACCESS EXCLUSIVE  rewrite
drop                    type public.tag_state_old                  none              metadata
"""  # noqa: E501  # as it is printed


def test_without_hints_and_with(tree: Tree, empty: URL) -> None:
    module = tree.root / "models" / "tags.py"
    module.write_text(BEFORE)
    run(tree, "revision", "--autogenerate", "-m", "create tags table", "--rev-id", "1")
    run(tree, "upgrade", "head")
    execute(empty, ROWS)

    module.write_text(AFTER)
    drift = tree.alembic("-x", "diff", "check")
    assert drift.code == 255
    assert drift.out.startswith(CHECKED)
    assert "type public.tag_state\n--- revisions\n+++ models\n" in drift.out
    assert "\n-    word text NOT NULL\n" in drift.out
    assert "\n+    size bigint NOT NULL,\n" in drift.out
    said = run(tree, "revision", "--autogenerate", "-m", "change tags", "--rev-id", "2")
    assert said.startswith(WITHOUT), said
    (file,) = tree.versions.glob("*_2_change_tags.py")
    assert "# What is gone does not come back: the values of tags.word.\n" in file.read_text()
    stopped = tree.alembic("upgrade", "head")
    assert stopped.code
    assert stopped.err.endswith(
        "FAILED: Revision 2 (change tags) fails: tags has rows without a value for name, size: "
        'add info={"backfill": "SQL expression"} or a server_default to the column in the models, '
        "and make this revision again; the database is as it was before it.\n"
    )
    file.unlink()

    module.write_text(HINTED)
    said = run(tree, "revision", "--autogenerate", "-m", "change tags", "--rev-id", "3")
    assert said.startswith(WITH), said
    stopped = tree.alembic("upgrade", "head")
    assert stopped.err.endswith(
        'fails: tags.state: 1 row holds "shut", which the enum tag_state loses: '
        "give them another value first; the database is as it was before it.\n"
    )
    execute(empty, "UPDATE tags SET state = 'open' WHERE state = 'shut'")
    run(tree, "upgrade", "head")
    assert execute(empty, "SELECT name, size, state FROM tags ORDER BY id") == [
        ("one", 3, "public"),
        ("three", 5, "public"),
    ]


def execute(url: URL, statement: str) -> list[tuple[object, ...]]:
    """Run a statement; return the rows of a query."""
    with connect(url, source="the tests") as connection, connection.begin():
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []
