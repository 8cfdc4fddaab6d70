"""A table's definition, read."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.dump.table_definition import (
    Column,
    parse_column,
    parse_definition,
)

ODD = """\
"a ""b, c" character varying(10) COLLATE pg_catalog."C" \
DEFAULT 'x NOT NULL'::text CONSTRAINT "odd name" NOT NULL"""


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("id bigint NOT NULL", Column("id", "bigint", not_null="NOT NULL")),
        (
            ODD,
            Column(
                '"a ""b, c"',
                "character varying(10)",
                collation='pg_catalog."C"',
                default="'x NOT NULL'::text",
                not_null='CONSTRAINT "odd name" NOT NULL',
            ),
        ),
        (
            "g text GENERATED ALWAYS AS ((a || ' DEFAULT '::text)) STORED NOT NULL",
            Column(
                "g",
                "text",
                generated="((a || ' DEFAULT '::text)) STORED",
                not_null="NOT NULL",
            ),
        ),
        ("t timestamp(3) with time zone", Column("t", "timestamp(3) with time zone")),
        (
            'c text DEFAULT (\'a\'::text COLLATE "D") NOT NULL COLLATE pg_catalog."C d"',
            Column(
                "c",
                "text",
                collation='pg_catalog."C d"',
                default="('a'::text COLLATE \"D\")",
                not_null="NOT NULL",
            ),
        ),
        (
            "v text[] DEFAULT ARRAY['a'::text, 'b NOT NULL'::text] NOT NULL",
            Column("v", "text[]", "", "ARRAY['a'::text, 'b NOT NULL'::text]", not_null="NOT NULL"),
        ),
        ('e public."Mood x"[] DEFAULT (1 + 2)', Column("e", 'public."Mood x"[]', "", "(1 + 2)")),
    ],
)
def test_column(item: str, expected: Column) -> None:
    assert parse_column(item) == expected


def test_parse_reads_options_and_settings() -> None:
    body = "\n    a int,\n    CONSTRAINT c CHECK (true)\n"
    create = f"CREATE UNLOGGED TABLE public.t ({body})\nWITH (fillfactor='70');"
    table = parse_definition(create, [create, "ALTER TABLE ONLY public.t REPLICA IDENTITY FULL;"])
    assert table is not None
    assert table.unlogged
    assert list(table.columns) == ["a"]
    assert table.constraints == ("CONSTRAINT c CHECK (true)",)
    assert table.options == {"WITH": "(fillfactor='70')"}
    assert table.alter_statements == ("ALTER TABLE ONLY public.t REPLICA IDENTITY FULL;",)


def test_another_object_is_no_table() -> None:
    assert parse_definition("CREATE VIEW v AS SELECT 1;", ["CREATE VIEW v AS SELECT 1;"]) is None
