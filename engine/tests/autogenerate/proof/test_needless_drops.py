"""A revision drops what the change needs away, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from tests.matrix.case import PRELUDE
from tests.matrix.databases import differing, execute, rows
from tests.matrix.project import BASE
from tests.online.beside import traffic
from tests.online.site import Site

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

AROUND = """
v = PGView("public", "titles", "select id, title from posts")
w = PGMaterializedView("public", "counts", "select count(*) as n from posts")
f = PGFunction("public", "tf()", "returns trigger language plpgsql as $$ begin return new; end $$")
g = PGTrigger(
    "public", "touch", on_entity="public.posts",
    definition="BEFORE UPDATE ON public.posts FOR EACH ROW EXECUTE FUNCTION public.tf()",
)
after("CREATE UNIQUE INDEX counts_n ON counts (n)")
for one in ("posts", "titles", "counts"):
    after(f"GRANT SELECT ON {one} TO PUBLIC")
"""


def posts(*values: str) -> str:
    """Return models of a table with an enum of these values, and what surrounds it."""
    enum = f"Enum({', '.join(map(repr, values))}, name='state')"
    return f'table(Column("title", Text), Column("state", {enum}), name="posts")\n{AROUND}'


def revise(tree: Tree, models: str, message: str) -> str:
    """Let the models be these; return the revision that autogenerate writes."""
    (tree.root / "models" / "__init__.py").write_text(PRELUDE + models + BASE)
    known = {*tree.versions.glob("*.py")}
    done = tree.alembic("revision", "--autogenerate", "-m", message)
    assert done.code == 0, done.err
    (written,) = {*tree.versions.glob("*.py")} - known
    return written.read_text()


def without_revisions(tree: Tree) -> Tree:
    """Return a tree without the project's models and revisions."""
    for folder in (tree.versions, tree.root / "models"):
        for file in folder.glob("*.py"):
            file.unlink()
    return tree


def test_an_enum_loses_a_value_beside_views_and_triggers(tree: Tree, empty: URL) -> None:
    tree = without_revisions(tree.on(empty))
    revise(tree, posts("new", "done", "odd"), "before")
    assert tree.alembic("upgrade", "head").code == 0
    before = pg_dump.dump_database(empty)
    execute(
        empty,
        "INSERT INTO posts SELECT n, n::text, 'new' FROM generate_series(1, 1000) AS n;"
        "REFRESH MATERIALIZED VIEW counts",
    )
    text = revise(tree, posts("new", "done"), "after")
    up, _, down = text.partition("def downgrade")
    assert not any(word in text for word in ("VIEW", "TRIGGER", "GRANT", "REVOKE", "INDEX"))
    assert up.count("op.execute(") <= 5
    assert down.count("op.execute(") == 1
    assert "ADD VALUE 'odd'" in down
    large = {"ALEMBIC_LARGE_TABLE": "0"}
    site = Site(empty, tree.versions)
    with traffic(site, "SELECT n FROM counts", "SELECT count(*) FROM titles") as seen:
        done = tree.alembic("upgrade", "head", **large)
        assert done.code == 0, done.err
        assert tree.alembic("check").code == 0
        assert tree.alembic("downgrade", "-1", **large).code == 0
        assert not list(differing(pg_dump.dump_database(empty), before))
        assert tree.alembic("upgrade", "head", **large).code == 0
    assert seen
    assert rows(empty, "SELECT n FROM counts") == [(1000,)]
