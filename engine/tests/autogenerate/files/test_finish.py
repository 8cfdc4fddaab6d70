"""Files are finished between Alembic's writing and a project's hooks, whatever the template."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic_pg.autogenerate.files.finish import finish_files

STOCK = (
    '"""${message}\n\nRevision ID: ${up_revision}\n\n"""\n'
    'revision = "${up_revision}"\ndown_revision = None\n'
)
UPGRADE = '\ndef upgrade():\n    op.execute("SELECT 1,\\n2")\n'


def written(folder: Path, template: str) -> str:
    """Return the file of a revision that a template makes."""
    (folder / "versions").mkdir()
    (folder / "script.py.mako").write_text(template)
    config = Config()
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    finish_files(script, {"1": ["Does: add column t.a."]}.__getitem__)
    revision = script.generate_revision("1", "add a")
    assert revision is not None
    assert revision.doc == "add a"
    return Path(revision.path).read_text()


def test_the_head_and_the_blocks_are_written(tmp_path: Path) -> None:
    text = written(tmp_path, STOCK + UPGRADE)
    assert text.startswith('"""add a\n\nDoes: add column t.a.\n\nRevision ID: 1\n')
    assert '    op.execute("""\n        SELECT 1,\n        2\n        """)\n' in text


@pytest.mark.parametrize("more", ["", "# no SQL\n"])
def test_a_file_without_sql_has_its_head_only(tmp_path: Path, more: str) -> None:
    text = written(tmp_path, STOCK + more)
    assert text.endswith(f"down_revision = None\n{more}")
