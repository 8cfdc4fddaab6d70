"""What no model declares is written into a module, after which a check is clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.testing import state
from tests.commands.own import own
from tests.failures.fails import said

if TYPE_CHECKING:
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

BASE = """
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""

MODELS = """
from sqlalchemy import BigInteger, Column, Text

from models.base import Base


class H(Base):
    __tablename__ = "h"
    id = Column(BigInteger, primary_key=True, autoincrement=False)
    word = Column(Text)
"""

TABLE = ("CREATE TABLE h (id bigint NOT NULL, word text, CONSTRAINT h_pkey PRIMARY KEY (id))",)

THERE = (
    'CREATE EXTENSION "uuid-ossp"',
    "CREATE SCHEMA app",
    "CREATE EXTENSION citext SCHEMA app",
    "CREATE TYPE mood AS ENUM ('so so', 'good')",
    "CREATE DOMAIN app.short AS text CHECK (length(VALUE) < 9)",
    "CREATE SEQUENCE counted START 7",
    r"""
    CREATE FUNCTION f(a integer DEFAULT 1, VARIADIC b text[] DEFAULT ARRAY['x', 'y']) RETURNS text
    LANGUAGE plpgsql STABLE AS $$
    DECLARE made text := '100% ' || a::text || E'\\n' || nextval('counted');
    BEGIN
      RETURN made || '\\' || $1; -- it's "it"
    END $$
    """,
    "CREATE FUNCTION app.f(mood) RETURNS mood LANGUAGE sql RETURN $1",
    "CREATE FUNCTION \"Odd name\"(a int) RETURNS int LANGUAGE sql AS 'SELECT a'",
    "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE PROCEDURE p(INOUT a int) LANGUAGE sql AS 'SELECT a'",
    "CREATE AGGREGATE glued(text) (SFUNC = textcat, STYPE = text)",
    "CREATE VIEW v AS SELECT id, word FROM h WHERE word LIKE '%:a%'",
    "CREATE VIEW walled WITH (security_barrier) AS SELECT id FROM v",
    "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM v",
    "CREATE UNIQUE INDEX m_n ON m (n)",
    (
        "CREATE TRIGGER noted BEFORE INSERT OR UPDATE OF word ON h FOR EACH ROW "
        "WHEN (NEW.word IS DISTINCT FROM '') EXECUTE FUNCTION noted()"
    ),
    (
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON h DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION noted()"
    ),
    "ALTER TABLE h ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON h FOR UPDATE USING (id > 0) WITH CHECK (word <> 'on')",
    "CREATE RULE nothing AS ON DELETE TO v DO INSTEAD NOTHING",
    "CREATE STATISTICS s ON id, word FROM h",
    "COMMENT ON FUNCTION noted() IS '5% of it''s : said'",
    "COMMENT ON TRIGGER noted ON h IS 'b'",
    "GRANT SELECT, DELETE ON h TO PUBLIC",
    "GRANT SELECT (n) ON m TO PUBLIC",
    "REVOKE ALL ON FUNCTION noted() FROM PUBLIC",
)

# What is no part of the table h, and what is a table of its own.
TABLES = (
    "CREATE TABLE theirs (id bigint PRIMARY KEY, h bigint REFERENCES h)",
    "CREATE INDEX h_word ON h (word)",
    "ALTER TABLE h ADD CONSTRAINT word_check CHECK (word <> '')",
    "CREATE TRIGGER theirs BEFORE INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION noted()",
)


def begin(tree: Tree, *statements: str) -> None:
    """Let the tree have the model of one table, and one revision of these statements."""
    for folder in (tree.versions, tree.root / "models"):
        for file in folder.glob("*.py"):
            file.unlink()
    (tree.root / "models" / "__init__.py").touch()
    (tree.root / "models" / "base.py").write_text(BASE)
    (tree.root / "models" / "h.py").write_text(MODELS)
    calls = "".join(
        f"    op.get_bind().exec_driver_sql({one!r}, execution_options={{'no_parameters': True}})\n"
        for one in statements
    )
    (tree.versions / "a1.py").write_text(
        '"""first"""\nfrom alembic import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
        f"def upgrade():\n{calls}\n\ndef downgrade():\n    pass\n"
    )


def test_what_is_declared_then_is_no_difference(tree: Tree) -> None:
    begin(tree, *TABLE, *THERE)
    assert tree.alembic("check").code != 0
    done = own(tree, "entities", "models/legacy.py")
    assert done.code == 0, done.err
    assert done.out.endswith("\n\nmodels/legacy.py declares them.\n")
    after = tree.alembic("check")
    source = (tree.root / "models" / "legacy.py").read_text()
    assert after.code == 0, after.out + source
    written = tree.alembic("revision", "--autogenerate", "-m", "nothing")
    assert written.out == "Nothing to do: the revisions build what the models say.\n"
    # As entities, what alembic-utils has in that form; else as DDL.
    entities = {
        "citext_extension = PGExtension(",
        "uuid_ossp_extension = PGExtension(",
        "f_function = PGFunction(",
        "f_function_2 = PGFunction(",
        "odd_name_function = PGFunction(",
        "noted_function = PGFunction(",
        "v_view = PGView(",
        "m_materialized_view = PGMaterializedView(",
        "h_noted_trigger = PGTrigger(",
        "h_own_policy = PGPolicy(",
    }
    assert {line for line in source.splitlines() if " = PG" in line} == entities
    assert "COMMENT ON EXTENSION" not in source
    assert "CREATE VIEW public.walled WITH (security_barrier='true')" in source


def test_what_tables_say_in_their_own_words_is_told(tree: Tree) -> None:
    begin(tree, *TABLE, *THERE, *TABLES)
    done = own(tree, "entities", "models/legacy.py")
    assert done.code == 0, done.err
    left = done.out.partition("leaves it out by include_object:\n")[2].splitlines()
    assert [line.strip() for line in left] == [
        "check constraint word_check on h",
        "table theirs",
        "primary key theirs_pkey on theirs",
        "index h_word",
        "trigger theirs on theirs",
        "foreign key theirs_h_fkey on theirs",
    ]


def test_the_target_is_looked_at_where_that_is_asked(tree: Tree, empty: URL) -> None:
    begin(tree, *TABLE)
    assert tree.alembic("upgrade", "head").code == 0
    state.execute(empty, "CREATE VIEW by_hand AS SELECT id FROM h")
    assert own(tree, "entities", "models/legacy.py").out == "Nothing to declare.\n"
    assert not (tree.root / "models" / "legacy.py").exists()
    done = own(tree, "entities", "models/legacy.py", "--target")
    assert "PGView  view by_hand" in done.out
    assert "by_hand_view = PGView(" in (tree.root / "models" / "legacy.py").read_text()
    again = own(tree, "entities", "models/legacy.py")
    assert said(again) == "models/legacy.py is there already: name a new file."
