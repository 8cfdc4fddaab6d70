"""A table's definition, read."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.dump.table_definition import (
    Column,
    mask_nested_parts,
    parenthesized_items,
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
        ('e public."Mood x"[] DEFAULT (1 + 2)', Column("e", 'public."Mood x"[]', "", "(1 + 2)")),
    ],
)
def test_column(item: str, expected: Column) -> None:
    assert parse_column(item) == expected


def test_items_end_at_the_closing_parenthesis() -> None:
    text = "(a int DEFAULT f(1, ')'), b text) WITH (x='1')"
    found, end = parenthesized_items(text, 1)
    assert found == ["a int DEFAULT f(1, ')')", "b text"]
    assert text[end:] == ") WITH (x='1')"


def test_masked_keeps_the_length() -> None:
    text = "a 'b (' (c (d)) e"
    assert len(mask_nested_parts(text)) == len(text)
    assert mask_nested_parts(text).replace("\x01", "") == "a   e"


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
