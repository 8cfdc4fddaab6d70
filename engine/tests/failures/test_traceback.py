"""Who wants it sees the traceback: ALEMBIC_TRACEBACK=1, or Alembic's own --raiseerr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing.tree import PASSWORD

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree


@pytest.mark.parametrize(
    ("arguments", "variable"), [(("--raiseerr",), ""), ((), "1")], ids=["raiseerr", "variable"]
)
def test_of_a_sentence_of_ours_and_of_alembics(
    project: Tree, arguments: tuple[str, ...], variable: str
) -> None:
    for command, last in (
        (("current",), "alembic_pg.errors.UserError: No server answers at 127.0.0.1:1 ("),
        (("show", "nope5"), "alembic.util.exc.CommandError: Can't locate revision identified by"),
    ):
        done = project.alembic(
            *arguments,
            *command,
            DATABASE_URL=f"postgresql://me:{PASSWORD}@127.0.0.1:1/posts",
            ALEMBIC_TRACEBACK=variable,
        )
        assert done.code == 1
        assert done.err.startswith("Traceback (most recent call last):\n")
        assert done.err.splitlines()[-1].startswith(last)
        assert PASSWORD not in done.out + done.err
