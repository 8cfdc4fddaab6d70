"""The shop with a second revision, for proofs of it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic_pg.proofs.walk import Project
from tests.docs.play import START

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer

REVISION = '''"""{doc}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{below}"
{more}

def upgrade():
    {up}


def downgrade():
    {down}
'''


@dataclass(frozen=True)
class Shop:
    """A copy of the project with which the pages of the documentation begin."""

    folder: Path
    project: Project

    def revise(  # noqa: PLR0913  # the parts of a file
        self,
        up: str,
        down: str = "pass",
        *,
        revision: str = "0002",
        below: str = "0001",
        doc: str = "change",
        more: str = "",
    ) -> None:
        """Write a revision."""
        text = REVISION.format(doc=doc, revision=revision, below=below, up=up, down=down, more=more)
        (self.folder / "alembic" / "versions" / f"{revision}.py").write_text(text)

    def edit(self, old: str, new: str) -> None:
        """Change the models."""
        file = self.folder / "shop" / "models.py"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def git(self, *arguments: str) -> None:
        """Run git."""
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def release(self) -> None:
        """Commit what is there, and give it a tag."""
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "release")
        self.git("tag", "v1")


def make_shop(folder: Path, databases: ScratchServer) -> Shop:
    """Copy the project into a new folder."""
    shutil.copytree(START, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Shop(folder, Project(Config(folder / "alembic.ini"), databases))
