"""A NOT NULL stays behind the UPDATE that gives the rows their values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.autogenerate.ops.backfill_op import FillOp
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.split.fill_order import followers, ordered_pairs, turns_round

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

TABLE = "CREATE TABLE public.t (\n    a integer,\n    b integer,\n    c integer\n);"
FILL = FillOp(
    "backfill",
    "t.a",
    ("UPDATE public.t SET a = lower(b) WHERE a IS NULL;",),
    (),
    column=("public", "t", "a"),
)


def pairs_with(other: MigrateOperation, *, before: bool) -> list[Any]:
    entry = Entry("TABLE", "public", "t", TABLE, "DROP TABLE public.t;")
    comparison: Any = SimpleNamespace(before={entry.key: entry}, after={entry.key: entry})
    operations = [other, FILL] if before else [FILL, other]

    def statements(operation: Any) -> list[Any]:  # noqa: ANN401  # either of two
        return [SimpleNamespace(sql=text) for text in operation.upgrade]

    return ordered_pairs(comparison, operations, statements)


@pytest.mark.parametrize(
    ("statement", "alters"),
    [
        ("ALTER TABLE public.t ALTER COLUMN a SET NOT NULL", True),
        ("ALTER TABLE t ALTER a SET NOT NULL", True),
        ("ALTER TABLE public.t DROP COLUMN b", True),
        ("ALTER TABLE public.t FORCE ROW LEVEL SECURITY", True),
        ("ALTER TABLE public.t ALTER COLUMN c SET NOT NULL", None),
        ("ALTER TABLE public.u ALTER COLUMN a SET NOT NULL", None),
        ("CREATE TRIGGER g BEFORE UPDATE ON public.t EXECUTE FUNCTION f()", False),
        ("CREATE POLICY p ON public.t", False),
        ("CREATE TRIGGER g BEFORE UPDATE ON public.u EXECUTE FUNCTION f()", None),
        ("CREATE VIEW public.v AS SELECT a FROM public.t", None),
    ],
)
def test_what_stays_in_its_order(statement: str, alters: Any) -> None:  # noqa: ANN401  # or None
    other = StatementOp("change", "it", (statement,), ())
    after, before = pairs_with(other, before=False), pairs_with(other, before=True)
    assert [pair.alters for pair in after] == ([] if alters is None else [alters])
    assert followers(after, {id(FILL)}) == ({id(other)} if alters else set())
    assert not followers(before, {id(FILL)})
    related = alters is not None
    assert turns_round(after, [other]) is turns_round(before, [FILL]) is related
    assert not turns_round(after, [FILL])
    assert not turns_round(before, [other])
    assert not turns_round(after, [FILL, other])
