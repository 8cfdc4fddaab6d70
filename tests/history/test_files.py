"""The files of the revisions tell when and what, in the order in which they run."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.script import Script, ScriptDirectory

if TYPE_CHECKING:
    from alembic.config import Config


@pytest.fixture
def revisions(config: Config) -> list[Script]:
    """All revisions, oldest first."""
    return list(ScriptDirectory.from_config(config).walk_revisions())[::-1]


def test_a_file_is_named_by_its_date_its_revision_and_what_it_does(revisions: list[Script]) -> None:
    assert revisions
    for revision in revisions:
        created = re.search(r"^Create Date: (.+)$", revision.longdoc, re.MULTILINE)
        assert created
        date = dt.datetime.fromisoformat(created[1]).strftime("%Y_%m_%d_%H%M%S")
        slug = re.sub(r"\W+", "_", revision.doc.lower())
        assert Path(revision.path).stem == f"{date}_{revision.revision}_{slug}"


def test_the_files_stand_in_the_order_of_the_history(revisions: list[Script]) -> None:
    paths = [revision.path for revision in revisions]
    assert paths == sorted(paths)


def test_every_revision_says_what_it_does_as_no_other_does(revisions: list[Script]) -> None:
    docs = [revision.doc for revision in revisions]
    assert all(re.fullmatch(r"[a-z]\w*( \w+)+", doc) for doc in docs), docs
    assert len(set(docs)) == len(docs)
