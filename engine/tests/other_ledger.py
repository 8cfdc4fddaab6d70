"""A server of another version than the ledger of this repository: what it says, and cannot do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database import server_features
from alembic_pg.ledger.ledger import read_ledger

from tests.project import ROOT

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

# What a check says on such a server, unless it has been noted that all was clean.
ONLY_THE_ORDER = re.compile(
    r"The ledger is of PostgreSQL 18, and the scratch server of 1[567]: "
    r"only the order was looked at\.\n?"
)


def needs_version_of_ledger(databases: ScratchServer) -> None:
    """Skip the test on a server that builds no state of the ledger of this repository."""
    ledger = read_ledger(ROOT / "alembic" / "ledger")
    assert ledger is not None
    if server_features.major_of(databases.version) != ledger.major:
        pytest.skip(f"the ledger of this repository is of PostgreSQL {ledger.major}")
