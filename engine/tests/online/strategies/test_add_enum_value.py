"""ALTER TYPE … ADD VALUE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.killed import survives

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = ("CREATE TYPE mood AS ENUM ('sad', 'glad')", "CREATE TABLE t (m mood)")

ADD = """op.execute("ALTER TYPE mood ADD VALUE 'so' BEFORE 'glad'")"""


def test_one_is_there_before_it_is_used(site: Site) -> None:
    site.sql(*TABLE)
    site.revise(ADD, """op.execute("INSERT INTO t VALUES ('so')")""")
    site.upgrade()
    assert site.one("SELECT enum_range(NULL::mood)::text") == "{sad,so,glad}"
    assert site.one("SELECT m FROM t") == "so"


def test_a_run_that_dies(site: Site) -> None:
    site.revise(ADD, """op.execute("INSERT INTO t VALUES ('so')")""")
    survives(site, *TABLE)
    assert site.one("SELECT count(*) FROM t") == 1


def test_one_that_is_there(site: Site) -> None:
    site.sql(*TABLE)
    site.revise("""op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad'")""")
    site.upgrade()
    site.revise("""op.execute("ALTER TYPE mood ADD VALUE 'glad'")""")
    for _ in range(2):
        with pytest.raises(UserError, match='enum label "glad" already exists'):
            site.upgrade()
