"""alembic-pg lint destroys: an author confirms what a revision destroys."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.project import ROOT

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

REVISION = '''"""{doc}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = "{down}"
{top}

def upgrade() -> None:
{upgrade}


def downgrade() -> None:
    op.drop_table("never_read")
'''


def revise(tree: Tree, number: int, down: str, *upgrade: str, top: str = "") -> str:
    """Write a revision; return its id."""
    name = f"{number:012x}"
    lines = "\n".join(f"    {line}" for line in upgrade)
    text = REVISION.format(doc=f"step {number}", id=name, down=down, upgrade=lines, top=top)
    (tree.versions / f"2030_01_0{number}_{name}_x.py").write_text(text)
    return name


def lint(tree: Tree) -> tuple[int, str]:
    """Return how the command ends, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic_pg", "lint", "destroys"],
        cwd=tree.root,
        env=tree.variables(DATABASE_URL="", SHADOW_DATABASE_URL=""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stdout
    return done.returncode, done.stderr


def head(tree: Tree) -> str:
    """Return the id of the newest revision."""
    return tree.alembic("heads").out.split()[0]


def test_the_project_says_all(tree: Tree) -> None:
    assert lint(tree) == (0, "")


def test_names_the_revision_the_objects_and_the_line(tree: Tree) -> None:
    create = 'op.create_table("tags", sa.Column("id", sa.BigInteger), sa.Column("word", sa.Text))'
    one = revise(tree, 1, head(tree), create)
    two = revise(
        tree,
        2,
        one,
        'op.drop_column("tags", "word")',
        'op.alter_column("tags", "id", existing_type=sa.BigInteger(), type_=sa.Integer())',
    )
    code, refused = lint(tree)
    assert code == 1
    assert refused == (
        "FAILED: Revision 000000000002 (step 2.) destroys column tags.word, column tags.id as "
        "bigint. If that is meant, add to it: "
        'destroys = ["column tags.word", "column tags.id as bigint"]\n'
    )
    said = 'destroys = ["column tags.word", "column tags.id as bigint"]'
    revise(tree, 2, one, 'op.drop_column("tags", "word")', top=said)
    assert lint(tree) == (0, "")
    # What one line names, another revision destroys without a word.
    revise(tree, 3, two, 'op.drop_table("tags")', top='destroys = ["column tags.id"]')
    code, said = lint(tree)
    assert code
    assert said.endswith('add to it: destroys = ["column tags.id", "table tags"]\n')


def test_what_was_there_before_is_exempt(tree: Tree) -> None:
    create = 'op.create_table("tags", sa.Column("id", sa.BigInteger), sa.Column("word", sa.Text))'
    one = revise(tree, 1, head(tree), create)
    two = revise(tree, 2, one, 'op.drop_column("tags", "word")')
    ini = tree.root / "alembic.ini"
    before = ini.read_text()
    ini.write_text(before.replace("[alembic]\n", f"[alembic]\nlint_after = {two}\n"))
    assert lint(tree) == (0, "")
    revise(tree, 3, two, 'op.drop_table("tags")')
    code, said = lint(tree)
    assert code
    assert said.startswith("FAILED: Revision 000000000003 (step 3.) destroys table tags.")
    ini.write_text(before.replace("[alembic]\n", "[alembic]\nlint_after = nope\n"))
    assert lint(tree) == (
        1,
        "FAILED: lint_after names nope, which no revision is: correct it.\n",
    )


def test_a_revision_that_asks_a_database_says_it_by_itself(tree: Tree) -> None:
    asks = "op.get_bind().execute(sa.text('SELECT 1'))"
    one = revise(tree, 1, head(tree), asks)
    code, said = lint(tree)
    assert code
    assert said.startswith(
        "FAILED: Revision 000000000001 (step 1.) cannot be read without a database ("
    )
    assert said.endswith("): let it say what it destroys, destroys = [] for nothing.\n")
    revise(tree, 1, down_of(tree, one), asks, top="destroys = []")
    assert lint(tree) == (0, "")


def down_of(tree: Tree, revision: str) -> str:
    """Return the revision before one."""
    (file,) = tree.versions.glob(f"*_{revision}_x.py")
    return file.read_text().partition('down_revision = "')[2].partition('"')[0]


def test_the_types_of_before_are_those_that_the_revision_names(tree: Tree) -> None:
    """Of a table that no statement makes, a baseline's, say."""
    revise(
        tree,
        1,
        head(tree),
        'op.alter_column("a", "n", existing_type=sa.Numeric(10, 2), type_=sa.Numeric(8, 2))',
        'op.alter_column("a", "s", existing_type=sa.String(5), type_=sa.String(50))',
    )
    _, said = lint(tree)
    assert said.endswith('destroys = ["column a.n as numeric(10,2)"]\n')


def test_imports_no_models() -> None:
    code = "import sys, alembic_pg.commands.lint.destroys; print('models' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
