"""Rows go up, down and up: what a revision loses, or changes before it stops, is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.proofs.prove_rows import RowProof, prove_rows
from tests.proofs.shop import Shop, make_shop

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer


@pytest.fixture
def shop(tmp_path: Path, databases: ScratchServer) -> Shop:
    return make_shop(tmp_path / "shop", databases)


def proof(shop: Shop) -> RowProof:
    """Return the proof of the second revision."""
    second = shop.project.script.get_revision("0002")
    (found,) = prove_rows(shop.project, [second])
    return found


def test_what_fits_is_carried_and_what_does_not_is_refused(shop: Shop) -> None:
    shop.revise(
        """op.create_check_constraint("short", "orders", "length(title) < 9")""",
        """op.drop_constraint("short", "orders")""",
    )
    found = proof(shop)
    assert found.faults == []
    assert 0 < found.fitting < found.taken
    refused, carried = found.ends
    assert refused.startswith("all rows refused: ")
    assert "violate" in refused
    assert carried == "the rows that fit carried, up, down and up"


def test_rows_that_a_revision_deletes(shop: Shop) -> None:
    shop.revise('op.execute("DELETE FROM orders WHERE id % 2 = 0")')
    (fault,) = proof(shop).faults
    assert fault.startswith("Revision 0002 (change) loses, up and down again, ")
    assert "rows of orders (id = " in fault
    assert fault.endswith('add to it: destroys = ["rows of orders"]')


def test_values_that_a_fill_overwrites(shop: Shop) -> None:
    shop.revise("op.execute(\"UPDATE orders SET title = 'x' WHERE title <> 'x'\")")
    (fault,) = proof(shop).faults
    assert "loses, up and down again, title in " in fault
    assert "is now 'x'" in fault


@pytest.mark.parametrize("said", [False, True])
def test_a_column_that_comes_back_empty(shop: Shop, *, said: bool) -> None:
    shop.revise(
        'op.drop_column("orders", "title")',
        'op.add_column("orders", sa.Column("title", sa.String(), nullable=True))',
        more='destroys = ["column orders.title"]' if said else "",
    )
    faults = proof(shop).faults
    assert bool(faults) is not said, faults
    assert all("title in " in fault for fault in faults)


def test_rows_are_changed_before_the_revision_stops(shop: Shop) -> None:
    shop.revise(
        """with op.get_context().autocommit_block():
        op.execute("UPDATE orders SET title = 'x' WHERE title <> 'x'")
    op.create_check_constraint("none", "orders", "id < 0")""",
        """op.drop_constraint("none", "orders")""",
    )
    faults = proof(shop).faults
    assert any(
        "changes rows of orders before upgrade() refuses the rows: " in one for one in faults
    )


def test_a_way_back_that_lets_in_what_the_way_up_refuses(shop: Shop) -> None:
    shop.revise(
        """op.create_unique_constraint("one", "orders", ["id", "title"])""",
        """op.drop_constraint("one", "orders")
    op.execute("UPDATE orders SET id = -id")""",
    )
    assert proof(shop).faults


def test_a_rename_loses_nothing(shop: Shop) -> None:
    shop.revise(
        'op.alter_column("orders", "title", new_column_name="subject")',
        'op.alter_column("orders", "subject", new_column_name="title")',
    )
    found = proof(shop)
    assert found.faults == []
    assert found.fitting == found.taken > 50


def test_the_same_seed_makes_the_same_rows(shop: Shop) -> None:
    shop.revise("pass")
    assert str(proof(shop)) == str(proof(shop))


def test_what_a_run_refuses_on_a_large_table_is_tried_on_a_small_one(shop: Shop) -> None:
    """A large table has no form for it; a small one meets its rows all the same."""
    up = 'op.execute("ALTER TABLE orders ADD twice text GENERATED ALWAYS AS ({}) STORED")'
    down = 'op.execute("ALTER TABLE orders DROP twice")'
    shop.revise(up.format("title || title"), down)
    found = proof(shop)
    assert found.faults == []
    refused, carried = found.ends
    assert refused.startswith("on a large table refused: Revision 0002 (change) stops: ")
    assert carried == "the rows that fit, on a small one, carried, up, down and up"
    shop.revise(up.format("repeat('x', 1 / (length(title) - 1))"), down)
    assert [one.partition(" refused: ")[0] for one in proof(shop).ends] == [
        "on a large table",
        "all rows, on a small one,",
        "on a large table",
        "the rows that fit, on a small one, carried, up, down and up",
    ]


def test_what_a_run_leaves_half_done_can_be_taken_back(shop: Shop) -> None:
    shop.revise(
        """op.add_column("orders", sa.Column("x", sa.Integer()))
    op.create_check_constraint("short", "orders", "length(title) < 9")""",
        """op.drop_constraint("short", "orders")
    op.drop_column("orders", "x")""",
    )
    found = proof(shop)
    assert found.faults == []
    refused, carried = found.ends
    assert refused.endswith("What it did before stays until alembic downgrade takes it back.")
    assert carried == "the rows that fit carried, up, down and up"
    shop.revise(
        """op.execute("UPDATE orders SET title = 'x' WHERE title = 'a'")
    op.create_check_constraint("short", "orders", "length(title) < 9")""",
        """op.drop_constraint("short", "orders")""",
    )
    assert any(
        "changes rows of orders before upgrade() refuses" in one for one in proof(shop).faults
    )
