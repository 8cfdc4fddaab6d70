"""The file of what drift does not tell: globs on kind and name, each line with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.drift import ignore
from alembic_pg.drift.difference import Difference
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def extra(kind: str, name: str, schema: str = "public") -> Difference:
    return Difference("extra", kind, schema, name, "", "", "…")


def test_no_file_has_no_rules(tmp_path: Path) -> None:
    assert ignore.read_rules(tmp_path / "none") == []


def test_rules_match_kind_and_name(tmp_path: Path) -> None:
    file = tmp_path / "drift-ignore"
    file.write_text(
        "# a comment\n\n"
        "table  public.events_p*  partitions that a job makes\n"
        'function  "public.f(a integer, *"  an administrator\'s\n'
        "extension pg_stat_statements the provider's\n"
        "materialized_view  *  reports\n"
    )
    differences = [
        extra("table", "events_p2026_11"),
        extra("table", "events"),
        extra("index", "events_p2026_11_idx"),
        extra("function", "f(a integer, b text)"),
        extra("extension", "pg_stat_statements", ""),
        extra("materialized view", "totals"),
    ]
    told, ignored = ignore.split_ignored(differences, ignore.read_rules(file))
    assert told == [differences[1], differences[2]]
    assert [rule.reason for _, rule in ignored] == [
        "partitions that a job makes",
        "an administrator's",
        "the provider's",
        "reports",
    ]


@pytest.mark.parametrize("word", ["foreign_key", "fk_constraint"])
def test_a_kind_has_a_persons_word_and_pg_dumps(word: str) -> None:
    [one] = [extra("foreign key", "orders by_hand")]
    rule = ignore.Rule(word, "public.orders by_hand", "tried out")
    assert rule.matches(one)
    assert not rule.matches(extra("constraint", "orders by_hand"))


@pytest.mark.parametrize("line", ["table", "table public.x", "table public.x  ", '"a b" c'])
def test_a_line_without_a_reason_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "drift-ignore"
    file.write_text(f"# one\n{line}\n")
    with pytest.raises(UserError, match=r"^drift-ignore, line 2 has no reason"):
        ignore.read_rules(file)
