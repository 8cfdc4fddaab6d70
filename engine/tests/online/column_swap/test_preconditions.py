"""Where no second column takes the place of one, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.prices import PRICES, TO_CENTS

if TYPE_CHECKING:
    from tests.online.site import Site

# Of a table of PRICES, beside a change of its type; and what is said.
HINDRANCES = {
    "CREATE RULE r AS ON UPDATE TO pay DO INSTEAD NOTHING": "its rule r may do something else",
    "ALTER TABLE pay ENABLE ALWAYS TRIGGER a": "its trigger a fires ALWAYS",
    "ALTER TABLE pay ENABLE REPLICA TRIGGER a": "its trigger a fires ALWAYS, or on replicas",
    "CREATE STATISTICS s ON id, price FROM pay": "statistics name it",
    "CREATE TABLE heir () INHERITS (pay)": "it is part of others",
    "CREATE INDEX i ON pay (price); CLUSTER pay USING i": "no copy is made of the index i",
}


@pytest.mark.parametrize("made", HINDRANCES)
def test_where_no_second_column_can_take_its_place(site: Site, made: str) -> None:
    site.sql(
        *PRICES,
        "CREATE FUNCTION a() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER a BEFORE UPDATE ON pay FOR EACH ROW EXECUTE FUNCTION a()",
        made,
    )
    before = site.catalog
    site.revise(TO_CENTS)
    with pytest.raises(UserError) as error:
        site.upgrade()
    assert f"(by no second column: {HINDRANCES[made]}" in str(error.value)
    assert site.catalog == before
    site.again(TO_CENTS, top='blocking = ["pay"]')
    site.upgrade()
    assert site.rows("SELECT DISTINCT price FROM pay") == [(700,)]


@pytest.mark.parametrize("value", ["looked_up(price)", "(price + random())::int", "g"])
def test_a_value_that_is_not_certain(site: Site, value: str) -> None:
    """Of a function that reads a table, or that the trigger cannot see, say."""
    site.sql(
        *PRICES,
        "ALTER TABLE pay ADD COLUMN g int GENERATED ALWAYS AS (price * 2) STORED",
        (
            "CREATE FUNCTION looked_up(int) RETURNS int STABLE LANGUAGE sql "
            "AS 'SELECT price FROM pay WHERE id = $1'"
        ),
    )
    site.revise(f'op.execute("ALTER TABLE pay ALTER COLUMN id TYPE bigint USING {value}")')
    with pytest.raises(UserError, match="its value may depend on the session and the time"):
        site.upgrade()


def test_a_published_table_without_a_key(site: Site) -> None:
    site.sql(*PRICES, "CREATE PUBLICATION p FOR TABLE pay")
    before = site.catalog
    site.revise(TO_CENTS)
    with pytest.raises(UserError, match="subscribers of p would miss the second column"):
        site.upgrade()
    assert site.catalog == before


def test_a_trigger_that_fires_later(site: Site) -> None:
    site.sql(
        *PRICES,
        (
            "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN NEW.price := 42; RETURN NEW; END'"
        ),
        'CREATE TRIGGER "änder" BEFORE INSERT ON pay FOR EACH ROW EXECUTE FUNCTION change()',
    )
    site.revise(TO_CENTS)
    with pytest.raises(UserError, match=r"by no second column: the trigger änder may change it"):
        site.upgrade()
