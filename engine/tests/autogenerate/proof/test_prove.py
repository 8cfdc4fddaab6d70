"""A proof runs each direction as often as it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.proof.candidate import Candidate
from tests.matrix.inside import there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer

TABLES = """
kind = Enum("a", "b", name="kind", metadata=m)
Table("t", m, Column("id", Integer, primary_key=True), Column("k", kind, index=True))
Table("u", m, Column("id", ForeignKey("t.id"), primary_key=True))
"""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what candidates do from now on: runs of several operations at once, and dumps."""
    done: list[str] = []
    run, dump = Candidate.run, Candidate.dump

    def noted_run(self: Candidate, operations: Sequence[MigrateOperation]) -> None:
        if operations:
            done.append("run")
        run(self, operations)

    def noted_dump(self: Candidate) -> Dump:
        done.append("dump")
        return dump(self)

    monkeypatch.setattr(Candidate, "run", noted_run)
    monkeypatch.setattr(Candidate, "dump", noted_dump)
    return done


def test_a_first_revision_goes_up_once_and_down_once(
    databases: ScratchServer, steps: list[str]
) -> None:
    """It goes up where it is found, in one transaction: there it ends as the models do."""
    change = there(databases, "", TABLES)
    assert steps == ["dump", "run", "dump"]
    assert "drop_index" not in change.down


def test_what_is_found_in_several_transactions_goes_up_as_a_revision_does(
    databases: ScratchServer, steps: list[str]
) -> None:
    there(
        databases, "", f"{TABLES}event.listen(m, 'after_create', DDL('CREATE VIEW v AS TABLE t'))\n"
    )
    found = steps.index("run")
    assert steps[found:][:4] == ["run", "dump", "run", "dump"], "down, and up"


def test_a_guard_runs_with_the_rest(databases: ScratchServer, steps: list[str]) -> None:
    """A NOT NULL without a value: the revision has a check that was not among what was found."""
    column = 'Table("t", m, Column("id", Integer, primary_key=True){})\n'
    there(databases, column.format(""), column.format(', Column("a", Text, nullable=False)'))
    assert steps[steps.index("run") :][:4] == ["run", "dump", "run", "dump"]
