"""Statements that a revision sends past Alembic's operations, by the driver itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE acc (id int, n int)",
    "INSERT INTO acc VALUES (1, 100)",
    "CREATE TABLE busy (id int)",
    "INSERT INTO busy VALUES (1)",
)

CHECK = 'op.create_check_constraint("c", "busy", "id > 0")'

CURSOR = "cursor = op.get_bind().connection.cursor()"


@pytest.mark.parametrize(
    "line",
    [
        'cursor.execute("UPDATE acc SET n = n * 2")',
        'cursor.execute(b"UPDATE acc SET n = n * 2")',
        'cursor.execute(psycopg2.sql.SQL("UPDATE acc SET n = n * {}").format(2))'.replace(
            "format(2)", "format(psycopg2.sql.Literal(2))"
        ),
        'cursor.executemany("UPDATE acc SET n = n * %s", [(2,)])',
        'psycopg2.extras.execute_values(cursor, "INSERT INTO acc VALUES %s", [(2, 2)])',
        'cursor.copy_expert("COPY acc FROM STDIN", io.StringIO("2\\t2"))',
        'cursor.copy_from(io.StringIO("2\\t2"), "acc")',
    ],
)
def test_they_happen_once(site: Site, line: str) -> None:
    """Nothing commits them before the end, since the next run would do them again."""
    top = "import io\nimport psycopg2.extras\nimport psycopg2.sql"
    site.sql(*TABLES)
    before = site.rows("SELECT * FROM acc")
    site.revise(CURSOR, line, CHECK, top=top)
    for _ in range(2):
        with pytest.raises(UserError, match=r"a revision that writes with op.get_bind\(\) reads"):
            site.upgrade()
        assert site.rows("SELECT * FROM acc") == before
    site.again(CHECK, CURSOR, line, 'op.execute("SELECT 1 / 0")', top=top)
    for _ in range(2):
        with pytest.raises(UserError, match="division by zero"):
            site.upgrade()
        assert site.rows("SELECT * FROM acc") == before


def test_who_reads_may_go_on(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(CURSOR, 'cursor.execute("SELECT n FROM acc")', "assert cursor.fetchall()", CHECK)
    site.upgrade()
    assert site.version == ["002a"]
