"""An empty copy, which shows what a statement does to all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.online.site import Site

TABLE = (
    "CREATE TABLE t (a int, b text)",
    "INSERT INTO t SELECT g, 'x' FROM generate_series(1, 99) g",
)
ROLE = "no rewrites here"


def test_event_triggers_are_not_about_it(site: Site) -> None:
    site.needs(17)
    site.sql(
        *TABLE,
        "CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql "
        "AS $$BEGIN RAISE EXCEPTION 'no rewrites here'; END$$",
        "CREATE EVENT TRIGGER et ON table_rewrite EXECUTE FUNCTION et()",
        "CREATE EVENT TRIGGER keys ON ddl_command_end WHEN TAG IN ('CREATE TABLE') "
        "EXECUTE FUNCTION et()",
    )
    site.revise(
        'op.alter_column("t", "a", type_=sa.BigInteger())',
        'op.add_column("t", sa.Column("u", sa.Uuid(), server_default=sa.func.gen_random_uuid()))',
    )
    site.upgrade(large_table="0")
    assert site.version == ["002a"]
    assert site.one("SELECT count(DISTINCT u) FROM t") == 99
