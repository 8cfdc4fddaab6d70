"""Statements turned round."""

from __future__ import annotations

import pytest
from alembic_pg.sql import inverse


@pytest.mark.parametrize(
    ("statement", "back"),
    [
        ("GRANT SELECT ON TABLE t TO r;", "REVOKE SELECT ON TABLE t FROM r;"),
        ("GRANT SELECT ON TABLE t TO r WITH GRANT OPTION;", "REVOKE SELECT ON TABLE t FROM r;"),
        ("REVOKE ALL ON FUNCTION f() FROM PUBLIC;", "GRANT ALL ON FUNCTION f() TO PUBLIC;"),
        ("COMMENT ON TABLE t IS 'it''s';", "COMMENT ON TABLE t IS NULL;"),
        ("COMMENT ON TABLE \" IS 'x';\" IS 'y';", "COMMENT ON TABLE \" IS 'x';\" IS NULL;"),
        (
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
            "ALTER TABLE t DISABLE ROW LEVEL SECURITY;",
        ),
        (
            "ALTER TABLE ONLY t FORCE ROW LEVEL SECURITY;",
            "ALTER TABLE ONLY t NO FORCE ROW LEVEL SECURITY;",
        ),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE a REVOKE SELECT ON TABLES FROM b;",
        ),
        (
            "ALTER TABLE ONLY t ATTACH PARTITION p FOR VALUES FROM (0) TO (1);",
            "ALTER TABLE t DETACH PARTITION p;",
        ),
        ("CREATE TABLE t ();", None),
    ],
)
def test_inverse(statement: str, back: str | None) -> None:
    assert inverse.inverse_statement(statement) == back
