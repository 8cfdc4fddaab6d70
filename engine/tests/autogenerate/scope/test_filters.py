"""What is compared, and what env.py's filters leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from alembic_pg.autogenerate.dump import compare, pg_dump
from alembic_pg.autogenerate.scope import filters
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.database.connect import make_engine
from alembic_pg.testing import state
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, Index, Integer, MetaData, Table

from tests.project import ROOT

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

OBJECTS = """
CREATE TABLE mine (id int PRIMARY KEY, a int CHECK (a > 0));
CREATE TABLE theirs (id int PRIMARY KEY, a int, b text UNIQUE);
CREATE INDEX theirs_a ON theirs (a);
CREATE VIEW theirs_view AS SELECT a FROM theirs;
CREATE FUNCTION theirs_function(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.t (id int PRIMARY KEY);
COMMENT ON SCHEMA elsewhere IS 'not the models''';
COMMENT ON COLUMN theirs.b IS 'left out with it';
"""


@pytest.fixture
def there(empty: URL) -> Dump:
    """What a database holds of which the models know nothing."""
    state.execute(empty, OBJECTS)
    return pg_dump.dump_database(empty)


def left(there: Dump, models: Models | None = None, **options: Any) -> set[str]:  # noqa: ANN401
    """Return what the filters let through."""
    nothing = Models(MetaData(), ())
    return set(filters.comparison_scope(there, {}, models or nothing, options).filter_dump(there))


def test_without_filters_all_is_compared(there: Dump) -> None:
    assert left(there) == set(there)


def test_an_extensions_own_objects_are_not_compared(empty: URL) -> None:
    state.execute(
        empty,
        "CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION citext;"
        "CREATE TABLE t (a citext, b ext.hstore);"
        "CREATE TABLE config (a int); ALTER EXTENSION citext ADD TABLE config;"
        "UPDATE pg_extension SET extcondition = '{\"\"}',"
        " extconfig = ARRAY['config'::regclass::oid] WHERE extname = 'citext'",
    )
    built = pg_dump.dump_database(empty)
    assert {key for key in built if not key.startswith("COMMENT ")} == {
        "SCHEMA .ext",
        "EXTENSION .citext",
        "EXTENSION .hstore",
        "TABLE public.t",
    }


def test_a_table_takes_what_belongs_to_it_along(there: Dump) -> None:
    kept = left(
        there, include_name=lambda name, type_, _: type_ != "table" or not name.startswith("theirs")
    )
    assert {key for key in kept if "theirs" in key} == {
        "FUNCTION public.theirs_function(integer)",
        "VIEW public.theirs_view",
    }
    assert {"TABLE public.mine", "CONSTRAINT public.mine mine_pkey"} <= kept


def test_a_foreign_key_belongs_to_the_table_that_has_it(empty: URL) -> None:
    state.execute(
        empty,
        "CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY);"
        "COMMENT ON SCHEMA auth IS 'theirs';"
        "CREATE TABLE theirs (id int PRIMARY KEY REFERENCES auth.users);"
        "CREATE TABLE mine (a int REFERENCES auth.users, b int REFERENCES theirs);",
    )
    kept = left(
        pg_dump.dump_database(empty),
        include_object=lambda _, name, type_, *__: type_ != "table" or name == "mine",
    )
    assert kept == {
        "TABLE public.mine",
        "FK CONSTRAINT public.mine mine_a_fkey",
        "FK CONSTRAINT public.mine mine_b_fkey",
    }


def test_a_table_takes_the_sequences_of_its_columns_along(empty: URL) -> None:
    state.execute(
        empty,
        'CREATE TABLE "The s" (id serial, "a b" bigserial); CREATE SEQUENCE lone;'
        "CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY);"
        "COMMENT ON SEQUENCE i_id_seq IS 'of it'",
    )
    kept = left(
        pg_dump.dump_database(empty), include_object=lambda _, __, type_, *___: type_ != "table"
    )
    assert {key for key in kept if "SCHEMA" not in key} == {"SEQUENCE public.lone"}


def test_a_schema_takes_what_lives_in_it_along(there: Dump) -> None:
    kept = left(there, include_name=lambda name, type_, _: type_ != "schema" or name is None)
    assert set(there) - kept == {
        "COMMENT .SCHEMA elsewhere",
        "CONSTRAINT elsewhere.t t_pkey",
        "SCHEMA .elsewhere",
        "TABLE elsewhere.t",
    }


def test_every_kind_is_asked_for_in_alembics_words(there: Dump) -> None:
    asked = []

    def include_name(name: str | None, type_: str, parents: dict[str, str | None]) -> bool:
        asked.append((name, type_, parents.get("schema_qualified_table_name")))
        return True

    left(there, include_name=include_name)
    assert {
        ("elsewhere", "schema", None),
        ("mine", "table", "mine"),
        ("a", "column", "mine"),
        ("mine_a_check", "check_constraint", "mine"),
        ("theirs_b_key", "unique_constraint", "theirs"),
        ("theirs_a", "index", "theirs"),
        ("t", "table", "elsewhere.t"),
        ("public.theirs_view", "view", None),
        ("public.theirs_function(integer)", "function", None),
    } <= set(asked)


def test_include_object_is_given_what_the_models_declare(there: Dump) -> None:
    metadata = MetaData()
    table = Table("theirs", metadata, Column("id", Integer, primary_key=True), Column("a", Integer))
    index = Index("theirs_a", table.c.a)
    view = PGView("public", "theirs_view", "SELECT 1")
    asked: dict[tuple[str | None, str], object] = {}

    def include_object(*question: Any) -> bool:  # noqa: ANN401
        item, name, type_, _, _ = question
        asked[name, type_] = item
        return True

    left(there, Models(metadata, (view,)), include_object=include_object)
    assert asked["theirs", "table"] is table
    assert asked["theirs_a", "index"] is index
    assert asked["public.theirs_view", "view"] is view


def test_a_column_is_left_out_of_its_table(there: Dump) -> None:
    def include_name(name: str | None, type_: str, parents: dict[str, str | None]) -> bool:
        return (type_, name, parents.get("table_name")) != ("column", "b", "theirs")

    nothing = Models(MetaData(), ())
    kept = filters.comparison_scope(there, {}, nothing, {"include_name": include_name}).filter_dump(
        there
    )
    assert "b text" not in kept["TABLE public.theirs"].text
    assert "COMMENT public.COLUMN theirs.b" not in kept
    without = {**there, "TABLE public.theirs": kept["TABLE public.theirs"]}
    assert compare.differing_keys(without, there) == ["TABLE public.theirs"]


def test_schemas_of_others_in_a_handed_in_database_are_not_compared(database: URL) -> None:
    config = Config(ROOT / "alembic.ini")
    state.execute(database, "CREATE SCHEMA others; CREATE TABLE others.t (id int)")
    engine = make_engine(database)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
        connection.rollback()
        state.execute(database, "CREATE VIEW v AS SELECT 1 AS a")
        with pytest.raises(CommandError, match=r"view v"):
            command.check(config)
    engine.dispose()


def test_env_py_filters_what_is_written(tree: Tree) -> None:
    environment = tree.root / "alembic" / "env.py"
    environment.write_text(
        environment.read_text().replace(
            'metadata="models"',
            'metadata="models",\n    include_object=lambda _, name, type_, *__: (\n'
            '        (type_, name) not in {("table", "votes"), ("view", "public.hidden")}\n'
            "    ),\n",
        )
    )
    module = tree.root / "models" / "views.py"
    module.write_text(
        "from alembic_utils.pg_view import PGView\n\n"
        'hidden = PGView("public", "hidden", "SELECT 1 AS a")\n'
    )
    votes = tree.root / "models" / "votes.py"
    votes.write_text(f"{votes.read_text()}\nVote.__table__.comment = 'not seen'\n")
    found = tree.alembic("check")
    assert found.code == 0, found.out + found.err
    module.write_text(module.read_text().replace("hidden", "shown"))
    found = tree.alembic("check")
    assert found.code
    assert "view shown" in found.out
    assert "votes" not in found.out
