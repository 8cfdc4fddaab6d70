"""What is known to belong to tables and views is what pg_dump prints of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.table_parts import part_of_tables
from tests.matrix.databases import execute

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

# Each table has what another one has, too, and names that begin with those of others.
SCHEMA = """
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE SEQUENCE shared;
COMMENT ON SEQUENCE shared IS 'S';
CREATE TABLE a (
  id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, s int DEFAULT nextval('shared'),
  b int CONSTRAINT "a c" CHECK (b > 0) UNIQUE, self int REFERENCES a, EXCLUDE (b WITH =)
);
CREATE TABLE "a b" (id int PRIMARY KEY, a int CONSTRAINT c REFERENCES a, CHECK (f(a) > 0), own a);
CREATE TABLE child (more int) INHERITS (a);
CREATE INDEX i ON a (f(b));
CREATE INDEX ON "a b" (a);
CREATE VIEW v AS SELECT a.id, "a b".id AS other FROM a, "a b";
CREATE VIEW w AS SELECT id FROM v;
CREATE MATERIALIZED VIEW m AS SELECT * FROM a;
CREATE UNIQUE INDEX ON m (id);
CREATE FUNCTION takes_row(a) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION tf();
CREATE TRIGGER g INSTEAD OF UPDATE ON v FOR EACH ROW EXECUTE FUNCTION tf();
CREATE CONSTRAINT TRIGGER h AFTER INSERT ON "a b" FROM a FOR EACH ROW EXECUTE FUNCTION tf();
CREATE POLICY p ON a USING (b > 0);
CREATE POLICY q ON "a b" USING (EXISTS (SELECT FROM a));
ALTER TABLE a ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON a, v, m TO pg_monitor;
GRANT SELECT (id) ON a TO pg_read_all_data;
GRANT SELECT (id) ON v TO pg_read_all_data;
GRANT USAGE ON SEQUENCE shared, a_id_seq TO pg_monitor;
COMMENT ON SEQUENCE a_id_seq IS 'S';
COMMENT ON TABLE a IS 'A';
COMMENT ON COLUMN a.b IS 'B';
COMMENT ON COLUMN v.id IS 'I';
COMMENT ON CONSTRAINT c ON "a b" IS 'C';
COMMENT ON CONSTRAINT "a c" ON a IS 'C';
COMMENT ON INDEX i IS 'I';
COMMENT ON TRIGGER g ON a IS 'G';
COMMENT ON POLICY p ON a IS 'P';
COMMENT ON FUNCTION f(int) IS 'F';
"""

PARTITIONED = """
CREATE TABLE l (id int) PARTITION BY LIST (id);
CREATE TABLE l1 PARTITION OF l FOR VALUES IN (1);
"""

RELATIONS = ("a", "a b", "child", "v", "w", "m")


@pytest.mark.parametrize(
    "names", [*((one,) for one in RELATIONS), ("a", "a b"), ("a b", "v"), ("v", "w", "nothing")]
)
def test_they_are_what_pg_dump_prints(empty: URL, names: tuple[str, ...]) -> None:
    execute(empty, SCHEMA)
    places = [("public", name) for name in names]
    printed = pg_dump.dump_tables(empty, places)
    whole = pg_dump.dump_database(empty)
    assert part_of_tables(whole, places) == printed.keys()
    assert {key: one.text for key, one in printed.items()} == {
        key: whole[key].text for key in printed
    }


@pytest.mark.parametrize(
    "more",
    [
        "CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING",
        "CREATE STATISTICS s ON id, b FROM a",
        "CREATE PUBLICATION p FOR TABLE a",
        PARTITIONED,
    ],
)
def test_what_is_of_another_kind_is_not_known(empty: URL, more: str) -> None:
    execute(empty, f"CREATE TABLE a (id int, b int); CREATE TABLE c (id int); {more}")
    whole = pg_dump.dump_database(empty)
    assert part_of_tables(whole, [("public", "a"), ("public", "l")]) is None
    assert part_of_tables(whole, [("public", "c")]) == frozenset({"TABLE public.c"})
    assert part_of_tables(whole, [("public", "nothing")]) == frozenset()


def test_a_sequence_of_that_name_has_other_parts(empty: URL) -> None:
    execute(empty, "CREATE SEQUENCE s; COMMENT ON SEQUENCE s IS 'S'")
    assert part_of_tables(pg_dump.dump_database(empty), [("public", "s")]) is None


def test_a_name_that_may_be_of_two_tables(empty: URL) -> None:
    asks = 'EXISTS (SELECT FROM "a b")'
    execute(empty, 'CREATE TABLE a (); CREATE TABLE "a b" ()')
    execute(empty, f'CREATE POLICY "b p" ON a USING ({asks})')
    whole = pg_dump.dump_database(empty)
    for name in ("a", "a b"):
        printed = pg_dump.dump_tables(empty, [("public", name)]).keys()
        assert part_of_tables(whole, [("public", name)]) in {None, frozenset(printed)}


def test_a_foreign_key_whose_name_may_be_of_two_tables(empty: URL) -> None:
    execute(empty, 'CREATE TABLE "a b" (id int PRIMARY KEY)')
    execute(empty, 'CREATE TABLE a (id int CONSTRAINT "b fk" REFERENCES "a b")')
    whole = pg_dump.dump_database(empty)
    for name in ("a", "a b"):
        printed = pg_dump.dump_tables(empty, [("public", name)]).keys()
        assert part_of_tables(whole, [("public", name)]) == frozenset(printed)
