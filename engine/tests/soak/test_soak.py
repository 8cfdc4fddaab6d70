"""Rounds of the soak test that are always the same: nox -s soak runs random ones for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.refusals import of_statements
from tests.soak.place import Place
from tests.soak.round import Round
from tests.soak.steps import STEPS
from tests.soak.stopped import Stopped, why_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("s")
    made = Place(folder)
    yield made
    made.close()


def test_a_run_that_is_killed_beside_traffic_ends_at_head(place: Place) -> None:
    one = Round(place, seed=1, steps=[["index of parts"]], planned=("client killed",))
    one.run()
    assert (one.wrong, one.stopped) == ([], None)
    assert one.faults == ["client killed"]
    assert one.written > 0


def test_a_stopped_run_is_told_by_its_kind() -> None:
    refusal = of_statements.ATTACH_WITHOUT_PARTS("parts_9", name="parts_9", part="index i")
    said = f"r1 took 0.1 s\nFAILED: Revision r2 (r2) stops: {refusal.text}\nOr let it: …\n"
    assert why_stopped(said).refused == "attach-without-parts"
    failed = (
        'Revision r2 (r2) fails: relation "x" does not exist; the database is as it was before it.'
    )
    assert why_stopped(f"FAILED: {failed}\n") == Stopped("", failed)


def test_what_a_step_cannot_go_with_is_a_step() -> None:
    assert {name for step in STEPS.values() for name in step.never_with} <= set(STEPS)
