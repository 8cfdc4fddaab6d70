"""What the head of a revision's file says."""

from __future__ import annotations

from alembic_pg.autogenerate.report.head_sentences import head_sentences
from alembic_pg.autogenerate.report.summary import RevisionSummary
from alembic_pg.revisions.impact_findings import Impact


def row(verb: str, name: str) -> tuple[str, str, str, str, str]:
    return verb, name, "", "", ""


def test_the_head_says_what_is_done_locked_and_destroyed() -> None:
    summary = RevisionSummary(
        [
            row("check", "no rows in t"),
            row("create 5 tables", "a, b, c, …"),
            row("alter column: type", "t.a"),
            row("rename to new", "t.old"),
            row("change", "view v"),
        ],
        Impact(["column t.b"]),
        {"t": ("ACCESS EXCLUSIVE", "scan"), "v": ("ACCESS EXCLUSIVE", "a moment")},
    )
    assert head_sentences(summary) == [
        (
            "Does: create 5 tables (a, b, c, …); alter column t.a (type); rename t.old to new; "
            "change view v."
        ),
        "Locks: t (ACCESS EXCLUSIVE, scan), v (ACCESS EXCLUSIVE, a moment).",
        "Destroys: column t.b.",
    ]


def test_it_says_nothing_of_what_is_not_and_counts_what_is_too_much() -> None:
    summary = RevisionSummary([row("add column", f"t.c{n}") for n in range(20)], Impact())
    assert head_sentences(summary)[0].endswith("; add column t.c11; and 8 more.")
    assert head_sentences(summary)[1:] == ["Locks: nothing that was there.", "Destroys: nothing."]
