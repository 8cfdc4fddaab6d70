"""Which value the rows get that have none."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import pytest
from alembic_pg.autogenerate.hints.fill_value import value_of_new_column, value_of_null_rows
from alembic_pg.errors import UserError
from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    Date,
    Enum,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    false,
    func,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB


class Mood(enum.Enum):
    """Values by their names."""

    sad = 1
    glad = 2


HINT = {"backfill": " lower(a); "}


@pytest.mark.parametrize(
    ("column", "new", "null"),
    [
        (Column("a", Text), "", ""),
        (Column("a", Text, info=HINT), "lower(a)", "lower(a)"),
        (Column("a", Text, server_default="b", info=HINT), "lower(a)", "lower(a)"),
        (Column("a", Text, server_default="it's 5%", default="c"), "", "'it''s 5%'"),
        (Column("a", Text, server_default=text("f(1) || 'b'")), "", "f(1) || 'b'"),
        (Column("a", Boolean, server_default=false()), "", "false"),
        (Column("a", Date, server_default=func.now()), "", "now()"),
        (Column("a", Integer, Computed("1"), info=HINT), "", ""),
        (Column("a", Integer, Identity(), info=HINT), "", ""),
        (Column("a", Integer, default=7), "7", "7"),
        (Column("a", Text, default="it's 5%"), "'it''s 5%'", "'it''s 5%'"),
        (Column("a", Boolean, default=False), "false", "false"),
        (Column("a", Enum(Mood), default=Mood.glad), "'glad'", "'glad'"),
        (Column("a", Date, default=dt.date(2026, 1, 2)), "'2026-01-02'", "'2026-01-02'"),
        (Column("a", JSONB, default={"x": [1]}), """'{"x": [1]}'""", """'{"x": [1]}'"""),
        (Column("a", ARRAY(Integer), default=lambda: [1]), "", ""),
        (Column("a", Text, default="c", info={"backfill": None}), "'c'", "'c'"),
        (Column("a", Text, info={"backfill": " "}), "", ""),
        (Column("a", Integer, info={"backfill": 0}), "0", "0"),
        (Column("a", Boolean, info={"backfill": False}), "False", "False"),
        (Column("a", Date, info={"backfill": func.now()}), "now()", "now()"),
        (Column("a", Integer, info={"backfill": literal(7) + 1}), "7 + 1", "7 + 1"),
        (Column("a", Integer, default=func.random()), "random()", "random()"),
        (Column("a", Text, default=text("'b' || lower('C')")), *["'b' || lower('C')"] * 2),
        (Column("a", Integer, default=select(literal(3).label("x"))), *["(SELECT 3 AS x)"] * 2),
        (Column("a", Integer, default=Sequence("s")), "nextval('s')", "nextval('s')"),
        (Column("a", Integer, default=null()), "", ""),
        (Column("a", LargeBinary, default=b"x"), "", ""),
    ],
)
def test_the_first_of_hint_and_defaults(column: Column[Any], new: str, null: str) -> None:
    column.nullable = False
    assert value_of_new_column(column) == new
    assert value_of_null_rows(column) == null


def test_a_column_that_may_be_null_needs_no_value() -> None:
    assert not value_of_new_column(Column("a", Integer, default=7, info=HINT))


@pytest.mark.parametrize("hint", [["a"], {"a": 1}, dt.date(2026, 1, 2), object])
def test_a_hint_that_is_no_sql_is_refused(hint: object) -> None:
    column = Column("a", Integer, nullable=False, info={"backfill": hint})
    Table("t", MetaData(), column)
    with pytest.raises(UserError, match=rf"of t\.a is a {type(hint).__name__}: write the SQL"):
        value_of_new_column(column)
