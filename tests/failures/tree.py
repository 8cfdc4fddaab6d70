"""Trees on other databases, and with more revisions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.failures.fails import PASSWORD

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from tests.conftest import Tree

REVISION = '''
"""{doc}"""
revision = "{id}"
down_revision = "{down}"
def upgrade(): pass
def downgrade(): pass
'''


def write(tree: Tree, identifier: str, down: str, doc: str) -> None:
    """Write a revision file."""
    text = REVISION.format(id=identifier, down=down, doc=doc)
    (tree.versions / f"{identifier}.py").write_text(text)


def on(tree: Tree, target: URL) -> Tree:
    """Return the tree on another database; the server trusts everybody, with any password."""
    named = target.set(password=PASSWORD).render_as_string(hide_password=False)
    return replace(tree, environment=tree.environment | {"DATABASE_URL": named})
