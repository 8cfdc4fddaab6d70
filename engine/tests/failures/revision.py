"""Revision files of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree

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
