"""What two rounds of the search drop and create is dropped once and created once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.recreated_once import recreate_once
from tests.matrix.inside import there
from tests.matrix.sources import TABLE, after, before

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

VIEW = after("ALTER TABLE t ADD b d DEFAULT 7", "CREATE VIEW v AS SELECT b FROM t")


def test_a_view_over_a_domain_that_is_made_again(databases: ScratchServer) -> None:
    change = there(
        databases,
        before("CREATE DOMAIN d AS int") + TABLE + VIEW,
        before("CREATE DOMAIN d AS bigint") + TABLE + VIEW,
    )
    for way in (change.up, change.down):
        assert way.count("DROP VIEW") == way.count("CREATE VIEW") == 1
        assert way.index("DROP VIEW") < way.index("TYPE text") < way.index("TYPE public.d")
        assert way.index("TYPE public.d") < way.index("CREATE VIEW")


def operations(*texts: str) -> list[StatementOp]:
    """Return operations for view v: "+a" creates it as a, "-a" drops it, another text is itself."""
    actions = {"+": "create", "-": "drop"}
    return [
        StatementOp(
            actions.get(text[0], "change"),
            "view v" if text[0] in actions else text,
            (text[1:],) if text[0] == "+" else ("DROP",),
            (text[1:],) if text[0] == "-" else ("DROP",),
        )
        for text in texts
    ]


def test_what_is_dropped_as_it_was_created() -> None:
    found = operations("-old", "type t", "+new", "table t", "-new", "+newer")
    assert recreate_once(found) == [found[0], found[1], found[3], found[5]]


def test_what_is_dropped_otherwise_or_by_another_label_stays() -> None:
    for texts in (("+old", "-new"), ("-old", "+new"), ("+old", "table t")):
        found = operations(*texts)
        assert recreate_once(found) == found
