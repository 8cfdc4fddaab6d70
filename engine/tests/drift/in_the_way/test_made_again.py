"""What a revision makes again as it was is found by how its statements name it."""

from __future__ import annotations

import pytest
from alembic_pg.drift.in_the_way.made_again import made_again

PARTS = {
    "public.t": {"rule r": "1", "trigger g": "2", "policy p": "3", "index i": "4", "column a": "5"},
    "public.v": {"view": "6"},
}


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("CREATE OR REPLACE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING", "rule r"),
        ("DROP RULE r ON t", "rule r"),
        ("CREATE OR REPLACE TRIGGER g BEFORE UPDATE ON t EXECUTE FUNCTION f()", "trigger g"),
        ("DROP POLICY p ON public.t", "policy p"),
        ("DROP INDEX CONCURRENTLY i", "index i"),
        ("ALTER TABLE t DROP COLUMN a", "column a"),
    ],
)
def test_part(statement: str, part: str) -> None:
    assert made_again([statement], PARTS, PARTS) == {"public.t": {part: PARTS["public.t"][part]}}
