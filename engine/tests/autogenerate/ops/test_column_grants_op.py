"""Privileges on the columns of a table, in one statement."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.ops.column_grants_op import (
    ColumnGrantsOp,
    join_grants,
    with_column_grants,
)
from alembic_pg.autogenerate.ops.flatten import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp


def grant(table: str, *statements: str) -> StatementOp:
    return StatementOp("create", f"grants on column {table}.{statements[0]}", statements, ())


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (
            [
                "GRANT SELECT(id) ON TABLE public.t TO api;",
                "GRANT SELECT(a),UPDATE(a) ON TABLE public.t TO api;",
            ],
            ("GRANT SELECT (id, a), UPDATE (a) ON TABLE public.t TO api;",),
        ),
        (
            [
                'REVOKE SELECT("a, b") ON TABLE public."TO t" FROM PUBLIC;',
                'REVOKE SELECT("(") ON TABLE public."TO t" FROM PUBLIC;',
            ],
            ('REVOKE SELECT ("a, b", "(") ON TABLE public."TO t" FROM PUBLIC;',),
        ),
        (
            [
                "GRANT SELECT(a) ON TABLE public.t TO one;",
                "GRANT SELECT(a) ON TABLE public.t TO two WITH GRANT OPTION;",
                "GRANT SELECT(b) ON TABLE public.t TO one;",
                "GRANT SELECT(b) ON TABLE public.t TO two;",
            ],
            (
                "GRANT SELECT (a, b) ON TABLE public.t TO one;",
                "GRANT SELECT (a) ON TABLE public.t TO two WITH GRANT OPTION;",
                "GRANT SELECT (b) ON TABLE public.t TO two;",
            ),
        ),
        (
            [
                f"GRANT SELECT({name}),INSERT({name}) ON TABLE public.posts TO posts_api;"
                for name in ("content", "published", "created_at")
            ],
            (
                (
                    "GRANT\n    SELECT (content, published, created_at),\n"
                    "    INSERT (content, published, created_at)\n"
                    "ON TABLE public.posts TO posts_api;"
                ),
            ),
        ),
    ],
)
def test_one_statement_for_all_columns(printed: list[str], written: tuple[str, ...]) -> None:
    assert join_grants(printed) == written


def test_those_of_one_table_one_after_the_other_are_one() -> None:
    first, second, other = (
        grant(table, f"GRANT SELECT({column}) ON TABLE public.{table} TO api;")
        for table, column in (("t", "a"), ("t", "b"), ("u", "a"))
    )
    found = with_column_grants([first, second, other])
    assert found == [ColumnGrantsOp([first, second]), other]
    assert [*flatten(found)] == [first, second, other]


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT DELETE ON TABLE public.t TO api;",
        "REVOKE SELECT(b) ON TABLE public.t FROM api;",
        "GRANT SELECT(b) ON TABLE public.u TO api;",
        "GRANT USAGE ON SCHEMA t TO api;",
        "COMMENT ON COLUMN public.t.a IS 'GRANT SELECT(a) ON TABLE t TO api';",
    ],
)
def test_anything_else_stays_as_it_is(statement: str) -> None:
    first = grant("t", "GRANT SELECT(a) ON TABLE public.t TO api;")
    other = grant("t", statement)
    assert with_column_grants([first, other, first]) == [first, other, first]
    mixed = grant("t", "GRANT SELECT(b) ON TABLE public.t TO api;", statement)
    assert with_column_grants([first, mixed]) == [first, mixed]
