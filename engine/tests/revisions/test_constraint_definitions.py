"""What a definition asks of new rows, apart from what it says beside that."""

from __future__ import annotations

import pytest
from alembic_pg.revisions.constraint_definitions import definition_words, is_no_stricter

KEY = "FOREIGN KEY (a) REFERENCES o(id)"


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (KEY, f"{KEY} ON DELETE CASCADE", True),
        (
            f"{KEY} ON DELETE SET NULL (a) ON UPDATE CASCADE",
            KEY,
            False,
        ),  # others cannot go any more
        (f"{KEY} ON DELETE CASCADE", f"{KEY} ON DELETE RESTRICT", False),
        (f"{KEY} ON DELETE CASCADE", f"{KEY} ON DELETE SET NULL (a)", True),
        (f"{KEY} ON DELETE SET NULL", f"{KEY} ON DELETE SET DEFAULT ON UPDATE CASCADE", True),
        (f"{KEY} ON DELETE NO ACTION", f"{KEY} ON DELETE SET DEFAULT", True),
        (KEY, f"{KEY} DEFERRABLE INITIALLY DEFERRED", True),
        (f"{KEY} DEFERRABLE", f"{KEY} DEFERRABLE INITIALLY DEFERRED", True),
        (f"{KEY} DEFERRABLE INITIALLY DEFERRED", f"{KEY} DEFERRABLE", False),
        (f"{KEY} DEFERRABLE", KEY, False),
        (f"{KEY} NOT VALID", KEY, True),
        (f"{KEY} MATCH FULL", KEY, False),
        (KEY, f"{KEY} MATCH FULL", False),
        (KEY, "FOREIGN KEY (b) REFERENCES o(id) ON DELETE CASCADE", False),
        ("UNIQUE (a)", "UNIQUE (a) WITH (fillfactor=70)", True),
        ("UNIQUE (a) INCLUDE (b)", "UNIQUE (a) INCLUDE (b) WITH (fillfactor=70)", True),
        ("UNIQUE (a) INCLUDE (b)", "UNIQUE (a)", True),
        ("UNIQUE (a)", "UNIQUE (a) INCLUDE (b)", False),  # which may be too long for an index
        ("UNIQUE (a)", "UNIQUE (a) DEFERRABLE", False),  # which ON CONFLICT does not take
        ("UNIQUE (a) DEFERRABLE", "UNIQUE (a)", False),
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
        ("(a) WHERE b > 0 AND enforced", "(a) WHERE b > 0 AND NOT enforced", False),
        ("(a) WHERE include (b)", "(a) WHERE include (c)", False),
        ("(a) WHERE (enforced)", "(a) WHERE (NOT enforced)", False),
        ("FOREIGN KEY (b) REFERENCES include(id)", "FOREIGN KEY (b) REFERENCES include(c)", False),
        (
            "FOREIGN KEY (b) REFERENCES public.include(id) ON DELETE CASCADE",
            "FOREIGN KEY (b) REFERENCES public.include(c) ON DELETE CASCADE",
            False,
        ),
        ("", "", True),
        ("WITH (", "", False),
    ],
)
def test_what_new_rows_must_fit(before: str, after: str, *, kept: bool) -> None:
    assert is_no_stricter(before, after) is kept


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('CHECK (x = "true")', "CHECK (x = true)", False),
        ("CHECK (\"user\" = 'a')", "CHECK (user = 'a')", False),
        ('CHECK ("x" > 0)', "CHECK (x > 0)", True),
    ],
)
def test_words(one: str, other: str, *, same: bool) -> None:
    assert (definition_words(one) == definition_words(other)) is same
