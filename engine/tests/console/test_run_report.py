"""What a run of revisions tells: where, from where to where, how long, and where it has led."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from alembic_pg.testing import state

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL


def test_a_run_says_where_it_is_and_what_it_does(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    del empty
    head, last = revisions[-1].revision, len(revisions)
    lines = project.alembic("upgrade", "head").err.splitlines()
    place = r"database \S+ on \S.* as \S+"
    some = rf"{last} revisions" if last > 1 else "1 revision"
    assert re.fullmatch(rf"Upgrade of {place}: from base to {head} \(head\), {some}", lines[0])
    assert [line for line in lines if line.startswith("Running ")][-1:] == [lines[-3]]
    assert re.fullmatch(rf"{head} took \d+\.\d s", lines[-2])
    assert re.fullmatch(rf"Done in \d+\.\d s: at {head} \(head\)", lines[-1])
    [line] = project.alembic("upgrade", "head").err.splitlines()
    assert re.fullmatch(rf"Nothing to do: {place} is at {head} \(head\)", line)
    lines = project.alembic("downgrade", "-1").err.splitlines()
    assert re.match(rf"Downgrade of {place}: from {head} \(head\) to ", lines[0])
    assert project.alembic("-q", "upgrade", "head").err == ""


def test_each_event_is_a_line_of_json(
    project: Tree, empty: URL, revisions: tuple[Script, ...]
) -> None:
    head = revisions[-1].revision
    lines = project.alembic("-x", "json", "upgrade", "head").err.splitlines()
    events = [json.loads(line) for line in lines]
    assert all(event["time"] and event["message"] for event in events)
    assert (events[0]["event"], events[0]["to"]) == ("begin", [head])
    assert events[0]["revisions"] == len(revisions)
    assert [one["event"] for one in events].count("revision done") == len(revisions)
    assert (events[-1]["event"], events[-1]["at"]) == ("done", [head])
    state.execute(empty, "UPDATE alembic_version SET version_num = 'newer5'")
    failed = project.alembic("upgrade", "head", ALEMBIC_JSON="on").err.splitlines()
    assert json.loads(failed[-2 if len(failed) > 1 else 0])["event"] == "failed"
