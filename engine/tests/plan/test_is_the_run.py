"""A plan says of each statement what the run then does: strategy, lock, effect, refused or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.operations import OPERATIONS, lines
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

CASES = [
    pytest.param(name, way, marks=[] if way == "ops" else pytest.mark.online, id=f"{name}-{way}")
    for name, operation in OPERATIONS.items()
    for way in ("ops", "text")
    if way == "ops" or operation.text
]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_of_each_operation(site: Site, name: str, way: str) -> None:
    site.sql(*OPERATIONS[name].tables)
    site.revise(*lines(name, way))
    assert differences(site) == []
