"""What waits is not committed for steps that it would let PostgreSQL or the run refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

FILLS = (
    'op.execute("ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()")',
    "op.execute(\"UPDATE t SET a = 'x' WHERE a IS NULL\")",
)


@pytest.mark.parametrize("fill", FILLS)
def test_what_is_refused_because_of_what_waits_leaves_nothing(site: Site, fill: str) -> None:
    site.sql("CREATE TABLE t (id int PRIMARY KEY, a text)", "INSERT INTO t VALUES (1), (2)")
    site.revise('op.execute("CREATE RULE r AS ON UPDATE TO t DO ALSO SELECT 1")', fill)
    with pytest.raises(UserError, match="stops") as raised:
        site.upgrade()
    assert "stays" not in str(raised.value)
    assert site.note() is None
    assert site.one("SELECT count(*) FROM pg_rules WHERE rulename = 'r'") == 0
