"""Every downgrade undoes its upgrade, with pg_dump as the judge."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from sqlalchemy.engine import URL

    from tests.history.conftest import History


def test_each_downgrade_leads_back_to_what_was_before_the_upgrade(
    history: History, pg_dump: Callable[[URL], str], subtests: pytest.Subtests
) -> None:
    """On the way to the head each revision goes up, down and up, and is reported by itself."""
    url = history.engine.url
    states = set()
    for revision in history.revisions:
        before = pg_dump(url)
        states.add(before)
        history.upgrade(revision.revision)
        history.downgrade(history.before(revision))
        with subtests.test(revision=revision.revision, doc=revision.doc):
            assert changes(before, pg_dump(url)) == []
        history.upgrade(revision.revision)
    # Else nothing was compared: every revision changes something that pg_dump prints.
    assert len(states) == len(history.revisions)


def changes(old: str, new: str) -> list[str]:
    """Return the lines that differ, the columns' order included."""
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""))
