"""A revision whose first statement PostgreSQL refuses leaves nothing, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.operations import TABLES

if TYPE_CHECKING:
    from tests.online.site import Site

AFTER = 'op.execute("CREATE TABLE later (a int)")'

# Of each strategy one that is refused for what it says, or for a row that it meets.
REFUSED = {
    "index": 'op.create_index("i", "t", ["nowhere"])',
    "index over a value that fails": 'op.execute("CREATE INDEX i ON t ((1 / (a - a)))")',
    "unique": 'op.create_unique_constraint("u", "t", ["nowhere"])',
    "CHECK": 'op.create_check_constraint("c", "t", "nowhere > 0")',
    "foreign key": 'op.create_foreign_key("f", "t", "nowhere", ["a"], ["id"])',
    "foreign key to a column that is not unique": (
        'op.create_foreign_key("f", "t", "t", ["a"], ["a"])'
    ),
    "NOT NULL": 'op.alter_column("t", "nowhere", nullable=False)',
    "column": 'op.add_column("t", sa.Column("a", sa.Integer))',
    "type": 'op.alter_column("t", "a", type_=sa.Date)',
    "type of which a row has no value": (
        "op.execute(\"ALTER TABLE t ALTER a TYPE date USING ('x' || a)::date\")"
    ),
    "fill": 'op.execute("UPDATE t SET nowhere = 1 WHERE nowhere IS NULL")',
    "batches": (
        'op.execute("UPDATE t SET nowhere = 1 WHERE a > 0", execution_options={"batches": True})'
    ),
    "drop of an index": 'op.execute("DROP INDEX t_pkey")',
    "attach": 'op.execute("ALTER TABLE t ATTACH PARTITION parent FOR VALUES IN (1)")',
    "detach": 'op.execute("ALTER TABLE t DETACH PARTITION parent CONCURRENTLY")',
    "value of an enum": "op.execute(\"ALTER TYPE nowhere ADD VALUE 'x'\")",
    "validation": 'op.execute("ALTER TABLE t VALIDATE CONSTRAINT nowhere")',
    "REINDEX": (
        'with op.get_context().autocommit_block(): op.execute("REINDEX INDEX CONCURRENTLY nowhere")'
    ),
}


@pytest.mark.parametrize("large", ["0", "1MB"])
@pytest.mark.parametrize("name", REFUSED)
def test_it_leaves_nothing(site: Site, name: str, large: str) -> None:
    site.sql(*TABLES)
    before = site.catalog
    site.revise(REFUSED[name], AFTER)
    with pytest.raises(UserError) as error:
        site.upgrade(large_table=large)
    assert set(site.catalog) ^ set(before) == set()
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)
    assert "what it did before stays" not in str(error.value)
    assert "Nothing to take back" not in str(error.value)
