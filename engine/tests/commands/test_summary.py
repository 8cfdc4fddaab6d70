"""What a person reads when a revision is made: what it locks, destroys and cannot know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect
from alembic_pg.database.server_features import NAMED_NOT_NULL_SINCE
from sqlalchemy import text
from tests.commands.run import run
from tests.tags import TAGS

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

IMPORTS = """\
from sqlalchemy import Enum
from sqlalchemy.orm import Mapped, mapped_column
"""

STATE = """\
    state: Mapped[str] = mapped_column(Enum("draft", "open", "shut", name="tag_state"))
"""

BEFORE = TAGS.replace("from sqlalchemy.orm import Mapped\n", IMPORTS) + STATE

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
change       enum tag_state
change       table tags (state)

"""

WITHOUT = """\
Revision 2 (change tags):
operation            object               lock              effect               on a large table
check                no rows in tags      ACCESS SHARE      scan
check                no "open", "shut"    ACCESS SHARE      scan
                     in tags.state
add column           tags.name            ACCESS EXCLUSIVE  scan
add column           tags.size            ACCESS EXCLUSIVE  scan
change               enum tag_state       none              a moment
change               table tags (state)   ACCESS EXCLUSIVE  a moment, rewrite    second column,
                                                            in batches           filled in batches,
                                                                                 takes its place
alter column:        tags.word            ACCESS EXCLUSIVE  a moment
nullable
Destroys: value 'open' of tag_state, value 'shut' of tag_state.
Confirm it in the revision, else alembic-pg lint fails: destroys = ["value 'open' of tag_state", "value 'shut' of tag_state"]
Code of the release before breaks on: 'open' of tag_state is gone; 'shut' of tag_state is gone;
  tags.name must be given; tags.size must be given.

Revision … (change tags (contract)):
operation    object     lock              effect
drop column  tags.word  ACCESS EXCLUSIVE  a moment
Destroys: column tags.word.
Confirm it in the revision, else alembic-pg lint fails: destroys = ["column tags.word"]
Code of the release before breaks on: tags.word is gone.
tags.word goes and tags.name of the same type comes. If that is a rename, add info={"renamed_from": "word"} to the column tags.name, delete both revisions and make it again. If not, leave it: the values of tags.word are lost.
The enum tag_state loses "open", "shut" and gets "public". If that is a rename, add info={"renamed_values": {"open": "public"}} to a column of it, delete both revisions and make it again. If not, leave it: the revision stops where rows have the old value.
tags.name is NOT NULL and has no value for old rows: the revision stops where tags has rows. For those, add info={"backfill": "SQL expression"} or a server_default to the column, delete both revisions and make it again.
tags.size is NOT NULL and has no value for old rows: the revision stops where tags has rows. For those, add info={"backfill": "SQL expression"} or a server_default to the column, delete both revisions and make it again.
"""  # noqa: E501  # as it is printed

WITH = """\
operation            object               lock              effect               on a large table
check                no "shut" in         ACCESS SHARE      scan
                     tags.state
rename to name       tags.word            ACCESS EXCLUSIVE  a moment
change               enum tag_state       none              a moment
rename               constraint           ACCESS EXCLUSIVE  a moment
                     tags_word_not_null
                     on tags
add column           tags.size            ACCESS EXCLUSIVE  a moment
backfill             tags.size            ROW EXCLUSIVE     rewrite in batches   in batches
alter column:        tags.size            ACCESS EXCLUSIVE  a moment, scan       added NOT VALID,
nullable                                                    beside traffic       then validated
change               table tags (state)   ACCESS EXCLUSIVE  a moment, rewrite    second column,
                                                            in batches           filled in batches,
                                                                                 takes its place
Destroys: value 'shut' of tag_state.
Confirm it in the revision, else alembic-pg lint fails: destroys = ["value 'shut' of tag_state"]
Code of the release before breaks on: 'open' of tag_state is now 'public'; 'shut' of tag_state is
  gone; tags.word is now tags.name; tags.size must be given.
"""  # as it is printed

# Of that, what names the NOT NULL of the column that is renamed.
NOT_NULL = """\
rename               constraint           ACCESS EXCLUSIVE  a moment
                     tags_word_not_null
                     on tags
"""


def test_without_hints_and_with(tree: Tree, empty: URL, databases: ScratchServer) -> None:
    module = tree.root / "models" / "tags.py"
    module.write_text(BEFORE)
    run(tree, "revision", "--autogenerate", "-m", "create tags table", "--rev-id", "1")
    run(tree, "upgrade", "head")
    execute(empty, ROWS)

    module.write_text(AFTER)
    drift = tree.alembic("-x", "diff", "check")
    assert drift.code == 255
    assert drift.out.startswith(CHECKED)
    assert "enum tag_state\n--- revisions\n+++ models\n" in drift.out
    assert "\n-    word text NOT NULL\n" in drift.out
    assert "\n+    size bigint NOT NULL,\n" in drift.out
    said = run(tree, "revision", "--autogenerate", "-m", "change tags", "--rev-id", "2")
    (file,) = tree.versions.glob("*_2_change_tags.py")
    (contract,) = tree.versions.glob("*_change_tags_contract.py")
    assert re.sub(r"[0-9a-f]{12} \(", "… (", said).startswith(WITHOUT), said
    dropping = contract.read_text()
    assert "# What is gone does not come back: the values of tags.word.\n" in dropping
    assert '\ndown_revision: str | tuple[str, ...] | None = "2"\n' in dropping
    assert "drop_column" not in file.read_text().partition("def downgrade")[0]
    stopped = tree.alembic("upgrade", "head")
    assert stopped.code
    assert stopped.err.endswith(
        "FAILED: Revision 2 (change tags) fails: tags has rows without a value for name, size: "
        'add info={"backfill": "SQL expression"} or a server_default to the column in the models, '
        "and make this revision again; the database is as it was before it.\n"
    )
    file.unlink()
    contract.unlink()

    module.write_text(HINTED)
    said = run(tree, "revision", "--autogenerate", "-m", "change tags", "--rev-id", "3")
    has_named = databases.version >= NAMED_NOT_NULL_SINCE
    assert said.startswith(WITH if has_named else WITH.replace(NOT_NULL, "")), said
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
