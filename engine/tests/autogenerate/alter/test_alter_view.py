"""A view keeps what hangs on it where only names of its columns or storage parameters differ."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.alter.alter_view import alter_statements, column_renames
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database.server_features import ServerFeatures


def view(query: str, kind: str = "VIEW", options: str = "") -> Entry:
    create = f'CREATE {kind} public."a v"{options} AS\n {query}\n   FROM public.t;'
    return Entry(kind, "public", "a v", create, f'DROP {kind} public."a v";')


@pytest.mark.parametrize(
    ("old", "new", "renames", "renamed"),
    [
        ("SELECT a", "SELECT b", ["a TO b"], "SELECT a AS b"),
        ("SELECT b AS a", "SELECT b", ["a TO b"], "SELECT b"),
        (
            "SELECT t.b AS a,\n    (c + 1) AS d",
            "SELECT t.b,\n    (c + 1) AS e",
            ["a TO b", "d TO e"],
            "",
        ),
        ('SELECT 1 AS "A b"', 'SELECT 1 AS "select"', ['"A b" TO "select"'], ""),
        ("SELECT a", "SELECT c,\n    d", ["a TO c"], "SELECT a AS c"),
        ("SELECT a,\n    b", "SELECT b,\n    a", [], None),
        ("SELECT a,\n    b", "SELECT b,\n    c", [], None),
        ("SELECT a,\n    b", "SELECT c", [], None),
        ("VALUES (1)", "SELECT c", [], None),
        ("SELECT a", "SELECT a", [], None),
    ],
)
def test_column_renames(old: str, new: str, renames: list[str], renamed: str | None) -> None:
    """renamed: the query afterwards, "" where it is the new one, None where it stays."""
    found, create = column_renames(view(old), view(new))
    assert found == [f'ALTER VIEW public."a v" RENAME COLUMN {one};' for one in renames]
    assert create == view(old if renamed is None else renamed or new).create


KIND = "MATERIALIZED VIEW"
SERVER = ServerFeatures(180_000)


def test_storage_parameters_and_a_name_change_together() -> None:
    old = view("SELECT a", KIND, "\nWITH (fillfactor='70', autovacuum_enabled='off')")
    new = view("SELECT a AS b", KIND, "\nWITH (fillfactor='80')")
    alter = f'ALTER {KIND} public."a v"'
    assert alter_statements(old, new, {}, SERVER) == [
        f"{alter} RENAME COLUMN a TO b;",
        f"{alter} RESET (autovacuum_enabled);",
        f"{alter} SET (fillfactor='80');",
    ]


def test_another_query_is_another_materialized_view() -> None:
    old, new = view("SELECT a", KIND), view("SELECT b", KIND)
    assert alter_statements(old, new, {}, SERVER) is None


def test_a_query_of_its_own_before_the_columns() -> None:
    with_query = "WITH x AS (\n SELECT 1 AS a\n) SELECT {}"
    old, new = (view(with_query.format(name), KIND) for name in ("x.a", "x.a AS b"))
    assert alter_statements(old, new, {}, SERVER) == [
        f'ALTER {KIND} public."a v" RENAME COLUMN a TO b;'
    ]
