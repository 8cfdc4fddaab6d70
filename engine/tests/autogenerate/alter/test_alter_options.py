"""The options of a foreign server change where it stands."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.alter.alter_options import alter_statements
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database.server_features import ServerFeatures


def server(text: str) -> Entry:
    return Entry("SERVER", "", "s", f'CREATE SERVER "s (" {text};', 'DROP SERVER "s (";')


HEAD = "TYPE 'OPTIONS (' FOREIGN DATA WRAPPER w"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("", " OPTIONS (\n    host 'a,b'\n)", ["ADD host 'a,b'"]),
        (
            " OPTIONS (\n    host 'a',\n    \"p q\" '1'\n)",
            " OPTIONS (\n    host 'it''s',\n    port '2'\n)",
            ["SET host 'it''s', ADD port '2', DROP \"p q\""],
        ),
    ],
)
def test_options_change(old: str, new: str, changes: list[str]) -> None:
    one, other = server(HEAD + old), server(HEAD + new)
    found = alter_statements(one, other, {}, ServerFeatures(180_000))
    assert found == [f'ALTER SERVER "s (" OPTIONS ({text});' for text in changes]


def test_the_last_option_goes() -> None:
    old, new = (
        Entry("FOREIGN DATA WRAPPER", "", "w", f"CREATE FOREIGN DATA WRAPPER w{text};", "")
        for text in (" OPTIONS (\n    debug 'true'\n)", "")
    )
    found = alter_statements(old, new, {}, ServerFeatures(180_000))
    assert found == ["ALTER FOREIGN DATA WRAPPER w OPTIONS (DROP debug);"]


def test_another_wrapper_is_another_server() -> None:
    one, other = server("FOREIGN DATA WRAPPER v"), server("FOREIGN DATA WRAPPER w")
    assert alter_statements(one, other, {}, ServerFeatures(180_000)) is None


@pytest.mark.parametrize(
    ("kind", "head", "name"),
    [
        ("USER MAPPING", 'FOR "It\'s me" SERVER s', 'USER MAPPING FOR "It\'s me" SERVER s'),
        (
            "FOREIGN TABLE",
            "public.t (\n    a integer OPTIONS (\n    column_name 'b'\n)\n)\nSERVER \"s\"",
            "FOREIGN TABLE public.t",
        ),
    ],
)
def test_a_table_and_a_mapping_stay(kind: str, head: str, name: str) -> None:
    old, new = (
        Entry(kind, "", "t", f"CREATE {kind} {head} OPTIONS (\n    u '{value}'\n);", "")
        for value in ("x", "y")
    )
    found = alter_statements(old, new, {}, ServerFeatures(180_000))
    assert found == [f"ALTER {name} OPTIONS (SET u 'y');"]


def test_a_foreign_table_with_another_column_is_another_one() -> None:
    old, new = (
        Entry(
            "FOREIGN TABLE",
            "",
            "t",
            f"CREATE FOREIGN TABLE t (\n    {it} integer\n)\nSERVER s;",
            "",
        )
        for it in ("a", "b")
    )
    assert alter_statements(old, new, {}, ServerFeatures(180_000)) is None
