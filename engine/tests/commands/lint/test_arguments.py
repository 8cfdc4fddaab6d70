"""A name that is no check of alembic-pg lint is refused by those that are."""

from __future__ import annotations

import pytest
from alembic_pg import cli


def test_a_check_that_nobody_has(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["lint", "heads", "bogus"])
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith("there is no check bogus: heads, destroys, squawk\n")
