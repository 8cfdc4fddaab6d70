"""docs/matrix.md is of today's cases."""

from __future__ import annotations

from tests.matrix import cases, document

from tests.project import ENGINE


def test_the_document_is_of_a_run_of_these_cases() -> None:
    written = (ENGINE / "docs" / "matrix.md").read_text()
    assert written == document.of(cases.every()), "run: nox -s matrix"


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in cases.every()]
    assert len(names) == len(set(names)) >= 250
