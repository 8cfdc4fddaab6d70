"""What a project's modules change for the whole process is found, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
class Mine(sa.types.UserDefinedType):
    pass
def f(*a, **k):
    pass
"""

PROBE = """
import json, mine
from alembic_pg.revisions.trial import process_wide
print(json.dumps([[c.module, c.text] for c in process_wide.project_changes()]))
print(process_wide.changes_digest())
"""


def changes(folder: Path, line: str) -> tuple[list[str], str]:
    """Return what a module with a line changes, and the digest of it."""
    (folder / "mine.py").write_text(MODULE + line)
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=folder, capture_output=True, text=True, check=True
    )
    found, digest = done.stdout.split("\n")[:2]
    assert {module for module, _ in json.loads(found)} <= {"mine"}
    return [text for _, text in json.loads(found)], digest


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('event.listen(sa.Table, "after_create", f)', ["every Table (after_create)"]),
        ('compiles(sa.DateTime, "postgresql")(f)', ["the SQL of DateTime (@compiles)"]),
        (
            'event.listen(sa.Engine, "before_cursor_execute", f, retval=True)',
            ["every Engine (before_cursor_execute)"],
        ),
        ("compiles(Mine)(f)", []),
        ('event.listen(sa.MetaData(), "after_create", f)', []),
    ],
)
def test_one(tmp_path: Path, line: str, expected: list[str]) -> None:
    found, digest = changes(tmp_path, line)
    assert found == expected
    assert bool(digest) == bool(expected)


def test_another_listener_has_another_digest(tmp_path: Path) -> None:
    _, one = changes(tmp_path, 'event.listen(sa.Table, "after_create", f)')
    _, other = changes(tmp_path, 'event.listen(sa.Table, "after_create", f)  # changed')
    assert one != other
