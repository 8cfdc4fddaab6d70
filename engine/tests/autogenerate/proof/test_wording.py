"""Statements in the words of their authors: the models' there, the revisions' back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from alembic.operations import ops
from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.ops.reversible_op import ReversibleOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.wording import Wording, one_line
from alembic_pg.autogenerate.sides.authored_texts import AuthoredTexts
from alembic_pg.autogenerate.sides.comparison import Comparison

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

OLD = Entry("VIEW", "public", "v", "CREATE VIEW public.v AS\n SELECT a\n   FROM t;", "")
NEW = Entry("VIEW", "public", "v", "CREATE VIEW public.v AS\n SELECT a,\n    b\n   FROM t;", "")
TABLE = Entry(
    "TABLE",
    "public",
    "t",
    "CREATE TABLE public.t (\n    a integer DEFAULT (1 + 1),\n"
    "    b text GENERATED ALWAYS AS (upper((c)::text)) STORED\n);",
    "",
)

BUILT = [
    'CREATE VIEW "public"."v" AS select a, b from t',
    "CREATE TABLE t (a integer DEFAULT 1+1, b text GENERATED ALWAYS AS (upper(c)) STORED)",
    "CREATE FUNCTION f() RETURNS int AS $$SELECT 1$$ LANGUAGE sql",
    "CREATE FUNCTION f(a int) RETURNS int AS $$SELECT 1$$ LANGUAGE sql",
]


class History(AuthoredTexts):
    """Texts of which one is of a revision."""

    def from_revisions(self, key: str, name: str) -> str | None:
        return "CREATE VIEW v AS select a from t;" if (key, name) == (OLD.key, "v") else None


def worded(before: Dump, after: Dump, *operations: MigrateOperation) -> list[MigrateOperation]:
    comparison = Comparison(cast("Any", None), "", before, after, "", texts=History(BUILT))
    return Wording(comparison).worded(operations)


def dump(*entries: Entry) -> Dump:
    return {entry.key: entry for entry in entries}


def statements(before: Dump, after: Dump, label: str, *texts: str) -> tuple[str, ...]:
    (found,) = worded(before, after, StatementOp("change", label, texts, ()))
    assert isinstance(found, StatementOp)
    assert found.in_words
    return found.upgrade


def test_a_view_has_the_models_text_there_and_the_revisions_back() -> None:
    assert statements(dump(OLD), dump(NEW), "view v", NEW.create, OLD.create, "SELECT 1;") == (
        "CREATE VIEW public.v AS select a, b from t;",
        "CREATE VIEW v AS select a from t;",
        "SELECT 1;",
    )


def test_what_stays_has_the_models_text_in_both_directions() -> None:
    replaced = NEW.create.replace("CREATE", "CREATE OR REPLACE", 1)
    assert statements(dump(NEW), dump(NEW), "view v", NEW.create, replaced) == (
        "CREATE VIEW public.v AS select a, b from t;",
        "CREATE OR REPLACE VIEW public.v AS select a, b from t;",
    )


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (
            "ALTER TABLE public.t ADD COLUMN a integer DEFAULT (1 + 1);",
            "ALTER TABLE public.t ADD COLUMN a integer DEFAULT 1+1;",
        ),
        (
            "ALTER TABLE public.t ALTER COLUMN b SET EXPRESSION AS (upper((c)::text));",
            "ALTER TABLE public.t ALTER COLUMN b SET EXPRESSION AS (upper(c));",
        ),
        (
            "ALTER TABLE public.t ADD COLUMN b text GENERATED ALWAYS AS (upper((c)::text)) STORED;",
            "ALTER TABLE public.t ADD COLUMN b text GENERATED ALWAYS AS (upper(c)) STORED;",
        ),
        (
            "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 7;",
            "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 7;",
        ),
    ],
)
def test_a_columns_expression_is_its_authors(printed: str, written: str) -> None:
    assert statements({}, dump(TABLE), "table t", printed) == (written,)


def test_one_of_two_routines_of_a_name_keeps_what_is_printed() -> None:
    one, other = (
        Entry("FUNCTION", "public", f"f({a})", f"CREATE FUNCTION f({a});", "")
        for a in ("", "integer")
    )
    assert statements({}, dump(one, other), one.label, one.create) == (one.create,)


def test_the_way_back_is_worded_on_its_own() -> None:
    back = StatementOp("create", "view v", (OLD.create,), ())
    (found,) = worded(dump(OLD), dump(NEW), ReversibleOp([back], []))
    assert isinstance(found, ReversibleOp)
    assert found.upgrade == [
        StatementOp("create", "view v", ("CREATE VIEW v AS select a from t;",), (), in_words=True)
    ]


def test_alembics_own_way_back_has_the_text_of_the_revision() -> None:
    index = Entry("INDEX", "public", "v", "CREATE INDEX v ON public.t USING btree (a);", "")
    comparison = Comparison(cast("Any", None), "", dump(index), {}, "", texts=OldIndex(BUILT))
    known, unknown = ops.CreateIndexOp("v", "t", ["a"]), ops.CreateIndexOp("w", "t", ["a"])
    assert Wording(comparison).worded_back([known, unknown]) == [
        StatementOp("create", "index v", ("CREATE INDEX v ON t (a);",), (), in_words=True),
        unknown,
    ]


class OldIndex(AuthoredTexts):
    """The text of an index in a revision."""

    def from_revisions(self, key: str, name: str) -> str | None:
        return "CREATE INDEX v ON t (a);" if (key, name) == ("INDEX public.v", "v") else None


def test_an_enum_stands_in_one_line_that_is_not_too_long() -> None:
    enum = "CREATE TYPE public.m AS ENUM (\n    'a',\n    'it''s, (b)'\n);"
    assert one_line(enum) == "CREATE TYPE public.m AS ENUM ('a', 'it''s, (b)');"
    long = "CREATE TYPE public.m AS ENUM (\n    'a'" + ",\n    'something'" * 9 + "\n);"
    assert one_line(long) == long
    assert one_line("ALTER TABLE t\n    ADD CONSTRAINT c CHECK (a);") == (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a);"
    )
