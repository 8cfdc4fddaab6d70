"""How many messages a run sends while it holds a lock: each is the way to the server and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.watching import strength, watched_messages

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (a int, b text DEFAULT 'x' NOT NULL, c bigint)",
    "CREATE TABLE other (id bigint PRIMARY KEY)",
    "CREATE INDEX t_a ON t (a)",
    "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)",
    "COMMENT ON COLUMN t.a IS 'it''s 100% \\ a:b'",
    "GRANT SELECT (a) ON t TO PUBLIC",
    "INSERT INTO t SELECT g, 'y', g FROM generate_series(1, 2000) AS g",
)
MANY = 'for i in range(30):\n        op.add_column("t", sa.Column(f"f{i}", sa.Boolean()))'
TABLES_TOO = """for i in range(9):
        op.create_table(f"n{i}", sa.Column("s", sa.Text(), index=True),
            sa.Column("id", sa.BigInteger(), sa.ForeignKey("other.id"), primary_key=True))"""

REVISIONS = {
    "columns": (MANY,),
    "columns and what hangs on them": (
        'op.add_column("t", sa.Column("x", sa.Text(), comment="it\'s 100% \\\\ a:b"))',
        'op.alter_column("t", "x", server_default="50% \\\\ of a:b")',
        'op.execute("GRANT SELECT (x) ON t TO PUBLIC")',
        'op.drop_column("t", "b")',
        'op.alter_column("t", "c", server_default="7")',
    ),
    "a column and tables": (
        'op.add_column("t", sa.Column("x", sa.Text()))',
        TABLES_TOO,
        'op.create_index("n1_both", "n1", ["id", "s"])',
    ),
    "a type": ('op.alter_column("t", "a", type_=sa.BigInteger())',),
    "a view for a type": (
        'op.execute("DROP VIEW v")',
        'op.alter_column("t", "a", type_=sa.BigInteger())',
        'op.execute("CREATE VIEW v AS SELECT a FROM t")',
    ),
    "a key": ('op.create_foreign_key("fk", "t", "other", ["c"], ["id"])',),
    "a key without a name": ('op.execute("ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES other")',),
    "a unique constraint": ('op.create_unique_constraint("u", "t", ["c"])',),
    "names": (
        'op.alter_column("t", "a", new_column_name="aa")',
        'op.execute("ALTER TABLE t SET (fillfactor = 80)")',
        'op.add_column("t", sa.Column("x", sa.Text()))',
        'op.create_check_constraint("x_is_short", "t", "length(x) < 10")',
    ),
    "a table that refers, and columns": (
        'op.create_table("n", sa.Column("id", sa.BigInteger(), sa.ForeignKey("other.id")))',
        'op.add_column("t", sa.Column("x", sa.Text()))',
        'op.add_column("other", sa.Column("x", sa.Text()))',
    ),
    "a column and a type": (
        'op.add_column("t", sa.Column("x", sa.Text()))',
        """op.execute("CREATE TYPE mood AS ENUM ('good')")""",
        'op.add_column("t", sa.Column("y", sa.Text()))',
        'op.drop_column("t", "b")',
    ),
    "a column and its index": (
        'op.add_column("t", sa.Column("x", sa.Text()))',
        'op.create_index("t_x", "t", ["x"])',
    ),
    "a column and its constraints": (
        'op.add_column("t", sa.Column("x", sa.BigInteger()))',
        'op.create_check_constraint("x_is_positive", "t", "x > 0")',
        'op.add_column("t", sa.Column("y", sa.BigInteger()))',
        'op.create_foreign_key("fk", "t", "other", ["x"], ["id"])',
        'op.add_column("t", sa.Column("z", sa.BigInteger()))',
        'op.create_unique_constraint("u", "t", ["x"])',
    ),
    "a column and what else takes steps": (
        'op.add_column("t", sa.Column("x", sa.BigInteger()))',
        'op.alter_column("t", "a", nullable=False)',
        'op.add_column("t", sa.Column("y", sa.BigInteger()))',
        'op.alter_column("t", "a", type_=sa.BigInteger())',
        'op.add_column("t", sa.Column("z", sa.BigInteger()))',
        'op.execute("UPDATE t SET z = a WHERE z IS NULL")',
    ),
    "a column and one that is filled": (
        'op.add_column("t", sa.Column("x", sa.BigInteger()))',
        'op.add_column("t", sa.Column("u", sa.Uuid(), server_default=sa.func.gen_random_uuid()))',
    ),
    "rows": (
        'op.add_column("t", sa.Column("x", sa.BigInteger()))',
        'for i in range(5):\n        op.execute(f"INSERT INTO other VALUES ({i} + 10000)")',
        'op.drop_column("t", "b")',
    ),
    "a constraint by its name": (
        'op.drop_constraint("positive", "t")',
        'op.create_check_constraint("positive", "t", "a > -1")',
        'op.add_column("t", sa.Column("x", sa.BigInteger()))',
    ),
    "an enum without a value": (
        "op.execute(\"CREATE TYPE mood_new AS ENUM ('sad')\")",
        'op.alter_column("t", "m", server_default=None)',
        'op.execute("ALTER TABLE t ALTER m TYPE mood_new USING m::text::mood_new")',
        'op.alter_column("t", "m", server_default="sad")',
        'op.execute("DROP TYPE mood")',
        'op.execute("ALTER TYPE mood_new RENAME TO mood")',
    ),
    "a filled column": (
        'op.add_column("t", sa.Column("u", sa.Uuid(), server_default=sa.func.gen_random_uuid()))',
    ),
}


@pytest.mark.parametrize("revision", REVISIONS.values(), ids=REVISIONS)
def test_a_lock_is_held_for_two_round_trips(site: Site, revision: tuple[str, ...]) -> None:
    site.sql(*TABLES, "INSERT INTO other SELECT g FROM generate_series(1, 2000) AS g")
    if "VIEW" in revision[0]:
        site.sql("CREATE VIEW v AS SELECT a FROM t")
    if "mood" in revision[0]:
        enum = "CREATE TYPE mood AS ENUM ('sad', 'so')"
        site.sql(enum, "ALTER TABLE t ADD COLUMN m mood DEFAULT 'sad'")
    site.revise(*revision)
    with watched_messages() as messages:
        site.upgrade(large_table="0")
    assert site.version == ["002a"]
    held = longest = 0
    for message in messages:
        strongest = max(
            (strength(message.locks[name]) for name in ("t", "other") if name in message.locks),
            default=0,
        )
        # After the last of them comes COMMIT: as many ways as messages.
        held = held + 1 if strongest > strength("ShareUpdateExclusiveLock") else 0
        longest = max(longest, held)
    assert 1 <= longest <= 2


def test_what_waits_is_what_the_operations_say(site: Site) -> None:
    """The text that is sent is the statement's: percent signs, backslashes and colons stay."""
    site.sql(*TABLES)
    site.revise(*REVISIONS["columns and what hangs on them"])
    site.upgrade()
    query = "SELECT col_description('t'::regclass, attnum) FROM pg_attribute WHERE attname = 'x'"
    assert site.one(query) == "it's 100% \\ a:b"
    site.sql("INSERT INTO t (a) VALUES (1)")
    assert site.one("SELECT x FROM t WHERE x IS NOT NULL") == "50% \\ of a:b"


def test_a_revision_s_own_connection_meets_what_waits(site: Site) -> None:
    site.sql(*TABLES)
    site.revise(
        "own = op.get_bind()",
        'op.add_column("t", sa.Column("x", sa.Text()))',
        """assert "x" in [column["name"] for column in sa.inspect(own).get_columns("t")]""",
        'op.add_column("t", sa.Column("y", sa.Text()))',
        "own.execute(sa.text(\"UPDATE t SET y = 'z' WHERE a = 1\"))",
        'op.rename_table("t", "s")',
        'op.add_column("s", sa.Column("w", sa.Text()))',
        "op.execute(\"INSERT INTO s (a, w, y) VALUES (5000, 'v', 'z')\")",
    )
    site.upgrade()
    assert site.one("SELECT count(*) FROM s WHERE y = 'z'") == 2


def test_a_construct_has_the_values_that_sqlalchemy_gives_it(site: Site) -> None:
    """A text of it would lack them, so it does not wait: defaults, bytes, what has no literal."""
    site.sql("CREATE TABLE v (id int, b text, raw bytea, list int[], f float8)")
    site.revise(
        'v = sa.Table("v", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("f", sa.Float),',
        '    sa.Column("b", sa.Text, default=lambda: "x"), sa.Column("raw", sa.LargeBinary),',
        '    sa.Column("list", sa.ARRAY(sa.Integer)))',
        "op.execute(\"COMMENT ON TABLE v IS 'waits'\")",
        "op.execute(v.insert().values(id=1, raw=b'\\\\x41', list=[], f=float('inf')))",
        "op.execute(v.insert().values([{'id': 2, 'raw': b'a\\x00b'}, {'id': 3, 'raw': None}]))",
        "op.bulk_insert(v, [{'id': 4}], multiinsert=False)",
        "text = sa.text('INSERT INTO v (id, b, raw) VALUES (5, :b, :raw)')",
        "op.execute(text.bindparams(b='x', raw=b'\\\\x42'))",
    )
    site.upgrade()
    found = site.rows("SELECT id, b, raw::text, list, f FROM v ORDER BY id")
    assert [tuple(row) for row in found] == [
        (1, "x", r"\x5c783431", [], float("inf")),
        (2, "x", r"\x610062", None, None),
        (3, "x", None, None, None),
        (4, "x", None, None, None),
        (5, "x", r"\x5c783432", None, None),
    ]
