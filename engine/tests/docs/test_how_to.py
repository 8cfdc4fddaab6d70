"""Each page of docs with commands: they print what it says, from its first line to its last."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.server_features import NAMED_NOT_NULL_SINCE, major_of
from sqlalchemy.engine import make_url
from tests.docs.play import copy_of_start
from tests.online.pooler import pooled

from tests.project import ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

DOCS = ENGINE / "docs"
PAGES = sorted(
    str(page.relative_to(DOCS))
    for page in DOCS.rglob("*.md")
    if "```console" in page.read_text() and page.name != "tutorial.md"
)

# Those about the embedded server itself, or in which lines are broken after its name.
EMBEDDED = {"how-to/look.md", "preflight.md"}

# Those in which a NOT NULL is renamed with its column.
NAMED_NOT_NULL = {"how-to/rename.md"}

# Where a page shows the version of the server that built a ledger.
OF_THE_LEDGER = re.compile(r"(?<=by PostgreSQL) 18(?=: )|(?<=postgresql) 18(?= form )")


@pytest.mark.parametrize("name", PAGES)
def test_its_commands_print_what_it_says(
    name: str, project: Tree, databases: ScratchServer, tmp_path: Path
) -> None:
    if name in NAMED_NOT_NULL and databases.version < NAMED_NOT_NULL_SINCE:
        pytest.skip("a NOT NULL has a name, which follows its column, from PostgreSQL 18 on")
    page = (DOCS / name).read_text()
    variables = dict(project.environment)
    url = make_url(variables["DATABASE_URL"])
    variables["RUNS"] = _text(url.set(username="shop_runs"))
    if name in EMBEDDED:
        variables["DATABASE_URL"] = ""
    with pooled(url) if "$POOLER" in page else nullcontext(url) as pooler:
        variables["POOLER"] = _text(pooler)
        played = copy_of_start(tmp_path / "shop", variables).play(page)
    # Where the commands are right and the page is not, this is the new page.
    (tmp_path / "page.md").write_text(played)
    assert played == OF_THE_LEDGER.sub(f" {major_of(databases.version)}", page)


def test_the_steps_for_ci_end_with_0(project: Tree, tmp_path: Path) -> None:
    """All but the first, which installs: tests/adoption/test_adopt.py does that, of the wheel."""
    steps = re.findall(
        r"^  - run: (.*?)(?:  +#.*)?$", (DOCS / "how-to" / "ci.md").read_text(), re.MULTILINE
    )
    assert steps[0].startswith("pip install ")
    player = copy_of_start(tmp_path / "shop", project.environment)
    begin = [
        "alembic-pg ledger",
        "git init -q -b main",
        "git add .",
        "git commit -q -m begin",
        "git update-ref refs/remotes/origin/main main",
    ]
    for command in (*begin, *steps[1:]):
        player.play(f"<!-- typed:\n{command}\n-->")


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
