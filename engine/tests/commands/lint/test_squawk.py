"""alembic-pg lint squawk: a second opinion on the SQL of the revisions."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.commands.lint import squawk

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

CONFIG = Path(squawk.__file__).with_name("squawk.toml")

REVISION = '''"""step."""
import sqlalchemy as sa
from alembic import op
revision = "{id}"
down_revision = "{down}"


def upgrade() -> None:
    {upgrade}
'''


def opinion(tree: Tree, *upgrade: str) -> tuple[int, str]:
    """Return how the command ends on one more revision, and what is said."""
    head = tree.alembic("heads").out.split()[0]
    lines = "\n    ".join(upgrade)
    text = REVISION.format(id="0123456789ab", down=head, upgrade=lines)
    (tree.versions / "2030_01_01_000000_0123456789ab_step.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "alembic_pg", "lint", "squawk", "--reporter", "gcc"],
        cwd=tree.root,
        env=tree.variables(DATABASE_URL="", SHADOW_DATABASE_URL=""),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_online_forms_of_the_history_have_its_consent(tree: Tree) -> None:
    code, said = opinion(
        tree,
        'op.create_index("i", "votes", ["user_id"])',
        'op.create_check_constraint("c", "votes", "user_id > 0")',
        'op.alter_column("votes", "user_id", nullable=False)',
        'op.create_foreign_key("f", "votes", "users", ["user_id"], ["id"])',
    )
    assert (code, said) == (0, "")


def test_an_objection_names_the_revision_and_the_rule(tree: Tree) -> None:
    code, said = opinion(tree, 'op.add_column("votes", sa.Column("c", sa.CHAR(3)))')
    assert code == 1
    assert re.match(r"2030_01_01_000000_0123456789ab_step\.sql:\d+:\d+: warning: ban-char-", said)
    assert "FAILED: squawk objects to a revision: change it, or " in said


def test_it_reads_what_stands_as_it_is(tree: Tree) -> None:
    """Of a statement in a block it would see nothing."""
    code, said = opinion(tree, 'op.alter_column("votes", "user_id", type_=sa.CHAR(3))')
    assert code == 1
    assert "ban-char-" in said


def test_what_it_reads_is_the_online_form(tree: Tree) -> None:
    """No rule that is about a scan under a lock is off: the plain form is refused."""
    plain = tree.root / "plain.sql"
    plain.write_text("CREATE INDEX i ON votes (user_id);\n")
    program = shutil.which("squawk", path=str(sys.prefix) + "/bin")
    assert program
    command = [program, "--config", str(CONFIG), "--reporter", "gcc", str(plain)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "require-concurrent-index-creation" in done.stdout


def test_a_rule_that_is_off_has_a_reason_before_it() -> None:
    text = CONFIG.read_text()
    rules = tomllib.loads(text)["excluded_rules"]
    assert rules == sorted(set(rules), key=rules.index)
    groups = text.partition("excluded_rules = [\n")[2].rpartition("]")[0].split("\n\n")
    assert all(group.lstrip().startswith("#") for group in groups)
