"""docs/matrix.md is of today's cases."""

from __future__ import annotations

from tests.matrix import cases, document
from tests.matrix.bystanders import Measured

from tests.project import ENGINE


def test_the_document_is_of_a_run_of_these_cases() -> None:
    written = (ENGINE / "docs" / "matrix.md").read_text()
    assert document.is_of(written, cases.documented()), "run: nox -s matrix"


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in cases.every()]
    assert len(names) == len(set(names)) >= 250


def test_what_is_dropped_is_listed_with_its_reason() -> None:
    every = cases.every()
    measured = [
        Measured(every[0].name, "upgrade", "VIEW public.v", "cannot drop a | b"),
        Measured(every[0].name, "upgrade", "ACL public.v", "goes with VIEW public.v"),
    ]
    written = document.of(every, measured)
    assert document.is_of(written, every)
    assert not document.is_of(written, every[1:])
    assert f"| {every[0].name} | upgrade | VIEW public.v | cannot drop a \\| b |" in written
    assert "1 in 1 cases; 1\nmore are parts" in written
    assert "ACL" not in written
