"""The embedded server cannot be used: the tree says why, and what else to set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from alembic_pg.embedded import programs
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree


def test_a_full_disk(tree: Tree) -> None:
    done = tree.alembic("upgrade", "head", prefix=("prlimit", "--fsize=0"), DATABASE_URL="")
    assert said(done) == (
        f"The embedded server cannot use {tree.root}/.postgres/target (File too large): "
        "mend that, or set DATABASE_URL."
    )


def test_a_read_only_tree(tree: Tree) -> None:
    tree.root.chmod(0o555)
    # Root may write everywhere, unless that right is taken away.
    rights = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    prefix = rights if os.geteuid() == 0 else ()
    done = tree.alembic("upgrade", "head", prefix=prefix, DATABASE_URL="")
    tree.root.chmod(0o755)
    assert said(done) == (
        f"The embedded server cannot use {tree.root}/.postgres/target (Permission denied): "
        "mend that, or set DATABASE_URL."
    )
    assert not (tree.root / ".postgres").exists()


def test_data_of_another_major_version(tree: Tree) -> None:
    folder = tree.root / ".postgres" / "target"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("17\n")
    assert said(tree.alembic("upgrade", "head", DATABASE_URL="")) == (
        f"{folder} holds PostgreSQL 17 data, the embedded server is PostgreSQL 18: "
        "move that folder away, or set DATABASE_URL."
    )
    assert programs.find("postgres")
    assert [file.name for file in (folder / "data").iterdir()] == ["PG_VERSION"]
