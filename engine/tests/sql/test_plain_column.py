"""What a definition shows to be added without a look at a row is what PostgreSQL does so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.sql.plain_column import is_plain_column

if TYPE_CHECKING:
    from tests.online.site import Site

PLAIN = (
    *("BOOLEAN", "text", "VARCHAR(30)", "numeric(10, 2)", "double precision", "integer[]"),
    *("timestamp(3) with time zone", "TIMESTAMP WITHOUT TIME ZONE", "character varying (7)"),
    *("integer DEFAULT 7 NOT NULL", "integer DEFAULT -7", "text DEFAULT 'it''s' NOT NULL"),
    *(
        "text DEFAULT E'a\\nb'",
        "boolean DEFAULT false NOT NULL",
        "uuid NULL",
        "int[][] DEFAULT '{}'",
    ),
    *("bit(3) DEFAULT '101'", "jsonb DEFAULT '{}' NOT NULL", "date DEFAULT NULL", "char(3)"),
)

OTHERS = (
    *("positive", "public.positive", "serial", "integer GENERATED ALWAYS AS IDENTITY"),
    *("integer DEFAULT f()", "uuid DEFAULT gen_random_uuid()", "integer CHECK (x > 0)"),
    *("integer UNIQUE", "integer GENERATED ALWAYS AS (a + 1) STORED", "text DEFAULT 'a' || f()"),
    *("timestamptz DEFAULT now()", "date DEFAULT 'now'::text::date", 'text COLLATE "C"'),
    *("integer DEFAULT '7'::positive", "integer PRIMARY KEY", "positive[] DEFAULT '{}'"),
)


@pytest.mark.parametrize("definition", OTHERS)
def test_another_one(definition: str) -> None:
    assert not is_plain_column(definition)


def test_postgresql_reads_and_writes_no_row_for_a_plain_one(site: Site) -> None:
    site.sql("CREATE TABLE t (a int)", "INSERT INTO t SELECT generate_series(1, 100)")
    seen = "SELECT pg_relation_filenode('t'), seq_scan FROM pg_stat_user_tables"
    for number, definition in enumerate(PLAIN):
        assert is_plain_column(definition), definition
        before = site.rows(seen)
        add = f"ALTER TABLE t ADD COLUMN c{number} {definition}"
        site.sql(add, "SELECT pg_stat_force_next_flush()")
        assert site.rows(seen) == before, definition
