"""A schema may have a dot in its name, which Alembic takes for a separator in ALTER TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.adopt import declaration
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.entry import Entry
from tests.autogenerate.proof.test_needless_drops import revise, without_revisions
from tests.matrix.case import PRELUDE
from tests.matrix.databases import differing, execute
from tests.matrix.project import BASE

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

BEFORE = """
before('CREATE SCHEMA IF NOT EXISTS "a.b"')
t = Table(
    "t", m, Column("id", BigInteger, primary_key=True), Column("old", Text, comment="c"),
    Column("e", Enum("x", "y", name="mood", schema="a.b"), server_default="x"),
    schema="a.b", comment="before",
)
u = Table(
    "u", m, Column("id", BigInteger, primary_key=True), Column("q", Text, unique=True),
    Column("t", ForeignKey("a.b.t.id"), index=True), CheckConstraint("q <> ''", name="ck"),
    schema="a.b",
)
table(Column("t", ForeignKey("a.b.t.id")), name="p")
after('CREATE SEQUENCE "a.b".s')
after('CREATE VIEW "a.b".v AS SELECT id FROM "a.b".t')
"""
AFTER = """
before('CREATE SCHEMA IF NOT EXISTS "a.b"')
t = Table(
    "t", m, Column("id", BigInteger, primary_key=True),
    Column("new", Text, comment="d", info={"renamed_from": "old"}),
    Column("e", Enum("x", "y", "z", name="mood", schema="a.b"), server_default="y"),
    Column("n", Integer, nullable=False, server_default="3"),
    schema="a.b", comment="after",
)
u = Table(
    "u2", m, Column("id", BigInteger, primary_key=True), Column("q", String(50)),
    Column("t", ForeignKey("a.b.t.id", ondelete="CASCADE")),
    CheckConstraint("q <> 'a'", name="ck"), schema="a.b", info={"renamed_from": "u"},
)
table(Column("t", ForeignKey("a.b.t.id"), index=True), name="p")
after('CREATE SEQUENCE "a.b".s INCREMENT BY 2')
after('CREATE VIEW "a.b".w AS SELECT id, e FROM "a.b".t')
"""


def test_what_is_in_it_is_made_changed_renamed_and_dropped(tree: Tree, empty: URL) -> None:
    tree = without_revisions(tree.on(empty))
    revise(tree, BEFORE, "before")
    assert tree.alembic("upgrade", "head").code == 0
    assert tree.alembic("check").code == 0
    built, known = pg_dump.dump_database(empty), {*tree.versions.glob("*.py")}
    (tree.root / "models" / "__init__.py").write_text(PRELUDE + AFTER + BASE)
    done = tree.alembic("revision", "--autogenerate", "-m", "after")
    assert done.code == 0, done.err
    written = {*tree.versions.glob("*.py")} - known
    assert any('ALTER TABLE "a.b".u RENAME TO u2' in file.read_text() for file in written)
    done = tree.alembic("upgrade", "head")
    assert done.code == 0, done.err
    done = tree.alembic("check")
    assert done.code == 0, done.out
    done = tree.alembic("downgrade", f"-{len(written)}")
    assert done.code == 0, done.err
    assert not list(differing(pg_dump.dump_database(empty), built))


def test_the_version_table_in_it_is_known(empty: URL) -> None:
    execute(empty, 'CREATE SCHEMA "a.b"; CREATE TABLE "a.b".alembic_version (version_num text)')
    found = pg_dump.dump_database(empty, version_table="a.b.alembic_version")
    assert "TABLE a.b.alembic_version" not in found
    assert "SCHEMA .a.b" in found


def test_drift_declares_what_is_in_it_by_ddl() -> None:
    definition = 'CREATE VIEW "a.b".v AS\n SELECT 1 AS one;'
    entry = Entry("VIEW", "a.b", "v", definition, 'DROP VIEW "a.b".v;')
    assert declaration.declare(entry, "v").arguments is None
