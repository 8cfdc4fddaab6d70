"""A constraint becomes valid where it stands."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.alter.alter_constraint import alter_statements
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database.server_features import ServerFeatures

FEATURES = ServerFeatures(180_000)
DROP = 'ALTER TABLE public.t DROP CONSTRAINT "a c";'


def entry(text: str, table: str = "ALTER TABLE public.t") -> Entry:
    create = f'{table}\n    ADD CONSTRAINT "a c" {text};'
    return Entry("CHECK CONSTRAINT", "public", "t a c", create, DROP)


@pytest.mark.parametrize("table", ["ALTER TABLE public.t", "ALTER TABLE ONLY public.t"])
def test_it_is_validated(table: str) -> None:
    old, new = entry("CHECK ((a > 0)) NOT VALID", table), entry("CHECK ((a > 0))", table)
    assert alter_statements(old, new, {}, FEATURES) == [
        'ALTER TABLE public.t VALIDATE CONSTRAINT "a c";'
    ]
    assert alter_statements(new, old, {}, FEATURES) == [DROP, old.create]


def test_another_text_comes_anew() -> None:
    old, new = entry("CHECK ((a > 0)) NOT VALID"), entry("CHECK ((a > 1))")
    assert alter_statements(old, new, {}, FEATURES) is None
