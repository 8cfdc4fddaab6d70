"""The programs of the wheel are found, and it is not imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from alembic_pg.embedded import programs

if TYPE_CHECKING:
    import pytest


def test_finds_the_programs_of_the_wheel_without_importing_it() -> None:
    for name in ("postgres", "initdb", "pg_dump", "psql"):
        program = programs.find(name)
        assert program
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        assert "(PostgreSQL) 18." in told.stdout
    assert programs.PACKAGE not in sys.modules


def test_a_program_that_the_wheel_does_not_have_is_none() -> None:
    assert programs.find("pg_nothing") is None


def test_without_the_wheel_everything_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PACKAGE", "no_such_package")
    assert programs.find("psql") is None
    assert programs.site_packages() is None
