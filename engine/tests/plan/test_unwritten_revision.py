"""What a planner knows of a revision that has no file yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.runtime.migration import MigrationContext
from alembic_pg.database.connect import connect
from alembic_pg.options import command_settings
from alembic_pg.plan.planner import REFUSED, Planner
from alembic_pg.revisions.current_revision import RunState
from alembic_pg.revisions.statements import RevisionStatement

if TYPE_CHECKING:
    from tests.online.site import Site

VIEW = "CREATE VIEW v AS SELECT a FROM t"
DROP, INDEX = "DROP VIEW v", "CREATE INDEX i ON t (a)"


@pytest.mark.parametrize(
    ("written", "refused"),
    [((DROP, INDEX, VIEW), True), ((DROP, VIEW, INDEX), False), ((DROP, INDEX), False)],
)
def test_what_it_gives_back_is_missing_during_a_step(
    site: Site, written: tuple[str, ...], *, refused: bool
) -> None:
    site.sql("CREATE TABLE t (a int)", VIEW)
    with connect(site.url, source="the tests") as connection:
        context = MigrationContext.configure(connection)
        settings = command_settings(site.config())
        planner = Planner(context, connection, settings, RunState(), assume_large=True)
        planner.start()
        planner.start_revision()
        planner.written = written
        effects = {sql: planner.summarize(RevisionStatement(sql)).effect for sql in written}
    assert (effects[INDEX] == REFUSED) == refused
