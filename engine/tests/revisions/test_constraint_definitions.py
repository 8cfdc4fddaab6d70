"""What a definition asks of new rows, apart from what it says beside that."""

from __future__ import annotations

import pytest
from alembic_pg.revisions.constraint_definitions import is_no_stricter

KEY = "FOREIGN KEY (a) REFERENCES o(id)"


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (KEY, f"{KEY} ON DELETE CASCADE", True),
        (f"{KEY} ON DELETE SET NULL (a) ON UPDATE CASCADE", KEY, True),
        (f"{KEY} ON DELETE NO ACTION", f"{KEY} ON DELETE SET DEFAULT", True),
        (KEY, f"{KEY} DEFERRABLE INITIALLY DEFERRED", True),
        (f"{KEY} DEFERRABLE", f"{KEY} DEFERRABLE INITIALLY DEFERRED", True),
        (f"{KEY} DEFERRABLE INITIALLY DEFERRED", f"{KEY} DEFERRABLE", False),
        (f"{KEY} DEFERRABLE", KEY, False),
        (f"{KEY} NOT VALID", KEY, True),
        (f"{KEY} MATCH FULL", KEY, False),
        (KEY, f"{KEY} MATCH FULL", False),
        (KEY, "FOREIGN KEY (b) REFERENCES o(id) ON DELETE CASCADE", False),
        ("UNIQUE (a)", "UNIQUE (a) INCLUDE (b) WITH (fillfactor=70) DEFERRABLE", True),
        ("UNIQUE (a) INCLUDE (b)", "UNIQUE (a, b)", False),
        ("UNIQUE (a)", "UNIQUE NULLS NOT DISTINCT (a)", False),
        ("UNIQUE (a, include)", "UNIQUE (a)", False),
        ("(a) INCLUDE (b) WHERE (b > 0)", "(a) WHERE (b > 0)", True),
        ("(a) INCLUDE (b) WHERE (b > 0)", "(a) WHERE (b > 1)", False),
        ("(a) INCLUDE (b) WHERE (b > 0)", "(a)", False),
        ("CHECK (a > 0)", "CHECK (a > 0) NOT ENFORCED", True),
        ("CHECK (a > 0) NOT ENFORCED", "CHECK (a > 0)", False),
        ("CHECK (a > 0) NO INHERIT", "CHECK (a > 0)", False),
        ("CHECK (deferrable)", "CHECK (b)", False),
        ("CHECK (a = 'on delete cascade')", "CHECK (a = '')", False),
        ("", "", True),
        ("WITH (", "", True),
    ],
)
def test_what_new_rows_must_fit(before: str, after: str, *, kept: bool) -> None:
    assert is_no_stricter(before, after) is kept
