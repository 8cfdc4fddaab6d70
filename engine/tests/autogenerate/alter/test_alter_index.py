"""An index stays where only its settings differ: it may have taken an hour to build."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter.alter_index import alter_statements
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database.server_features import ServerFeatures
from tests.autogenerate.proof.test_needless_drops import revise, without_revisions
from tests.matrix.databases import differing

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

FEATURES = ServerFeatures(180_000)

TABLE = """
table(Column("a", Integer, nullable=False), Column("b", Integer, nullable=False),
  Index("odd I", "a", unique=True), Index("j", "b", unique=True), Index("e", text("(a + 1)")))
"""

IDENTITY = 'after("ALTER TABLE t REPLICA IDENTITY {}")\n'
CLUSTERED = "after('ALTER TABLE t CLUSTER ON {}')\n"
STATISTICS = 'after("ALTER INDEX e ALTER COLUMN 1 SET STATISTICS {}")\n'

# An index, the index of a constraint, that of a partitioned table; each with storage parameters.
PARAMETERS = """
table(Column("a", Integer), Column("b", Integer),
  Index("odd I", "a", postgresql_include=["b"], postgresql_where=text("b > 0"), **{0}),
  UniqueConstraint("b", name="odd K"))
Table("p", m, Column("a", Integer), Index("ip", "a", **{1}), postgresql_partition_by="LIST (a)")
after('ALTER INDEX "odd K" {2}')
"""

# Those of a partition, and a constraint, which no model declares; one in a schema with a dot.
UNDECLARED = """
Table("p", m, Column("a", Integer), postgresql_partition_by="LIST (a)")
after("CREATE TABLE q PARTITION OF p FOR VALUES IN (1)")
after("CREATE UNIQUE INDEX own ON q (a) WITH (fillfactor={0})")
before('CREATE SCHEMA IF NOT EXISTS "a.b"')
Table("t", m, Column("a", Integer), schema="a.b")
after('ALTER TABLE "a.b".t ADD CONSTRAINT k UNIQUE (a) WITH (fillfactor={0})')
after('CREATE INDEX e ON "a.b".t ((a + 1)) WITH (fillfactor={0})')
"""

# PostgreSQL prints first what was set first.
ORDERED = """
options = {{"fillfactor": {0}, "autovacuum_enabled": False}}
table(Column("a", Integer), postgresql_with=options)
index = {{"fillfactor": {0}, "deduplicate_items": False}}
Index("i", m.tables["t"].c.a, postgresql_with=index)
after("ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) WITH (fillfactor={0}, deduplicate_items=off)")
"""

# Each as the models become, one after the other, and then none of it.
SETTINGS = (
    "",
    IDENTITY.format("USING INDEX j") + CLUSTERED.format('"odd I"'),
    CLUSTERED.format("j") + STATISTICS.format(9),
    IDENTITY.format("FULL") + CLUSTERED.format("t_pkey") + STATISTICS.format(10),
    IDENTITY.format("USING INDEX t_pkey"),
    "",
)


def entry(*settings: str, columns: str = "a") -> Entry:
    create = "\n".join([f"CREATE INDEX i ON public.t USING btree ({columns});", *settings])
    return Entry("INDEX", "public", "i", create, "DROP INDEX public.i;")


def test_what_else_differs_makes_it_anew() -> None:
    clustered = "ALTER TABLE public.t CLUSTER ON i;"
    assert alter_statements(entry(), entry(clustered), {}, FEATURES) == [clustered]
    assert alter_statements(entry(), entry(clustered, columns="b"), {}, FEATURES) is None
    assert alter_statements(entry(), entry("ALTER INDEX i DEPENDS ON x;"), {}, FEATURES) is None


def test_parameters_that_tell_how_it_is_built_make_it_anew() -> None:
    def ranges(value: str) -> Entry:
        text = f"CREATE INDEX i ON public.t USING brin (a) WITH (pages_per_range='{value}');"
        return Entry("INDEX", "public", "i", text, "DROP INDEX public.i;")

    assert alter_statements(ranges("9"), ranges("10"), {}, FEATURES) is None


def test_no_index_goes_for_its_settings(tree: Tree, empty: URL) -> None:
    changes = go_there_and_back(tree, empty, [TABLE + settings for settings in SETTINGS])
    assert not any(
        word in text.lower()
        for text in changes
        for word in ("create", "drop", "add_", "constraint")
    )


def test_storage_parameters_are_set_where_it_stands(tree: Tree, empty: URL) -> None:
    def models(index: dict[str, object], partitioned: dict[str, object], key: str) -> str:
        options = [{"postgresql_with": one} if one else {} for one in (index, partitioned)]
        return PARAMETERS.format(*options, key)

    changes = go_there_and_back(
        tree,
        empty,
        [
            models({}, {}, "RESET (fillfactor)"),
            models({"fillfactor": 50, "deduplicate_items": False}, {}, "SET (fillfactor=70)"),
            models({"fillfactor": 60}, {}, "SET (fillfactor=80)"),
            models({"fillfactor": 60}, {"fillfactor": 60}, "SET (fillfactor=80)"),
            models({}, {}, "RESET (fillfactor)"),
        ],
    )
    lines = [line.strip() for text in changes[:2] for line in text.splitlines() if "op." in line]
    assert sum("odd I" in line for line in lines) == 5
    assert sum("odd K" in line for line in lines) == 4
    assert all(line.startswith("op.execute(") and "ALTER INDEX public." in line for line in lines)
    words = 'postgresql_with={"fillfactor": 60}'
    assert all(words in text for text in changes[2:])
    # PostgreSQL sets none of a partitioned table's index.
    assert [text.count("op.create_index") for text in changes] == [0, 0, 2, 2]


def test_what_a_listener_makes_stays_as_well(tree: Tree, empty: URL) -> None:
    changes = go_there_and_back(tree, empty, [UNDECLARED.format(factor) for factor in (60, 70, 60)])
    lines = [line.strip() for text in changes for line in text.splitlines() if "op." in line]
    assert len(lines) == 2 * 2 * 3
    assert all(line.startswith('op.execute("ALTER INDEX ') for line in lines)


def test_the_order_of_parameters_is_no_difference(tree: Tree, empty: URL) -> None:
    changes = go_there_and_back(tree, empty, [ORDERED.format(factor) for factor in (60, 70, 60)])
    lines = [line.strip() for text in changes for line in text.splitlines() if " SET (" in line]
    assert len(lines) == 2 * 2 * 3
    assert all("fillfactor='" in line and "," not in line for line in lines)


def test_one_that_comes_with_settings_is_said_in_words(tree: Tree, empty: URL) -> None:
    tree = without_revisions(tree.on(empty))
    models = """
table(Column("{0}", Integer, nullable=False, info={2}), Index("{1}", "{0}", unique=True))
"""
    revise(tree, models.format("a", "i", {}) + IDENTITY.format("USING INDEX i"), "before")
    new = models.format("b", "k", {"renamed_from": "a"})
    down = revise(tree, new, "after").partition("def downgrade")[2]
    assert 'op.create_index("i", "t", ["b"], unique=True)' in down
    assert tree.alembic("upgrade", "head").code == 0
    assert tree.alembic("check").code == 0
    assert tree.alembic("downgrade", "-1").code == 0


def go_there_and_back(tree: Tree, target: URL, models: list[str]) -> list[str]:
    """Return the text of each revision but the first, after all were run there and back."""
    tree = without_revisions(tree.on(target))
    dumps, texts = [], []
    for number, text in enumerate(models):
        texts.append(revise(tree, text, f"number {number}").partition("def upgrade")[2])
        assert tree.alembic("upgrade", "head").code == 0
        dumps.append(pg_dump.dump_database(target))
        assert tree.alembic("check").code == 0
    assert not list(differing(dumps[0], dumps[-1]))
    for one, other in itertools.pairwise(dumps):
        assert list(differing(one, other))
    for before in reversed(dumps[:-1]):
        assert tree.alembic("downgrade", "-1").code == 0
        assert not list(differing(pg_dump.dump_database(target), before))
    return texts[1:]
