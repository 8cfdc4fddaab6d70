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


def test_no_index_goes_for_its_settings(tree: Tree, empty: URL) -> None:
    tree = without_revisions(tree.on(empty))
    dumps = []
    for number, settings in enumerate(SETTINGS):
        text = revise(tree, TABLE + settings, f"number {number}").partition("def upgrade")[2]
        if number:
            assert not any(
                word in text.lower() for word in ("create", "drop", "add_", "constraint")
            )
        assert tree.alembic("upgrade", "head").code == 0
        dumps.append(pg_dump.dump_database(empty))
        assert tree.alembic("check").code == 0
    assert not list(differing(dumps[0], dumps[-1]))
    for one, other in itertools.pairwise(dumps):
        assert list(differing(one, other))
    for before in reversed(dumps[:-1]):
        assert tree.alembic("downgrade", "-1").code == 0
        assert not list(differing(pg_dump.dump_database(empty), before))
