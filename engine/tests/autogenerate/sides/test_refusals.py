"""All that PostgreSQL refuses of the models, in one message, with its place and what helps."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.sides import desired
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.errors import UserError
from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL

BASE = """
from alembic_utils.pg_view import PGView
from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType


class Base(DeclarativeBase):
    pass


class Shape(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_):
        return "geometry"

"""

MANY = """
class Parent(Base):
    __tablename__ = "parent"
    id = Column(BigInteger, primary_key=True)
    code = Column(Text)
    __table_args__ = (Index("parent_none"),)


class Child(Base):
    __tablename__ = "child"
    id = Column(BigInteger, primary_key=True)
    code = Column(Text, ForeignKey("parent.code", name="child_code_fkey"))
    other = Column(Text, ForeignKey("parent.code", name="child_other_fkey"))
    at = Column(Shape)
    stamp = Column(Text, server_default=text("nowhere()"))
    __table_args__ = (Index("same", "id"), Index("child_at", "at", postgresql_using="gist"))


words = Table(
    "words",
    Base.metadata,
    Column("word", String(20)),
    Column("text", Text),
    Column("child", BigInteger, ForeignKey("child.id")),
    Index("same", "word"),
    Index("words_gin", "word", postgresql_using="gin"),
    Index("words_trgm", "text", postgresql_using="gin", postgresql_ops={"text": "gin_trgm_ops"}),
)

v = PGView("public", "v", "SELECT at FROM child")
"""


def refused(source: str, url: URL, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines that models of a module are refused with."""
    name = f"refused_{folder.name}"
    (folder / f"{name}.py").write_text(BASE + source)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(folder)
    importlib.invalidate_caches()
    try:
        with pytest.raises(UserError) as error:
            desired.build_models(load_models(name, None), url, source="the tests")
    finally:
        sys.modules.pop(name, None)
    return str(error.value).replace(f"{name}.py", "models.py").splitlines()


def test_all_are_listed_and_what_only_lacks_one_of_them_is_not(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(MANY, empty, tmp_path, monkeypatch) == [
        "PostgreSQL refuses 8 things that the models declare:",
        "  index parent_none on parent (models.py:23): it has no columns",
        (
            '  column child.at (models.py:26): type "geometry" does not exist: '
            'declare PGExtension("public", "postgis") in the models.'
        ),
        (
            "  column child.stamp (models.py:26): function nowhere() does not exist: "
            "declare the PGFunction nowhere in the models, or the PGExtension that has it."
        ),
        *(
            f"  foreign key child_{name}_fkey of child (models.py:{line}): there is no unique "
            'constraint matching given keys for referenced table "parent": '
            "make the column it points to unique, or let it point to the primary key."
            for name, line in (("code", 29), ("other", 30))
        ),
        "  index same on words (models.py:37): child has an index of this name, too",
        (
            "  index words_gin on words (models.py:43): data type character varying has no default "
            'operator class for access method "gin": name one, '
            'postgresql_ops={"column": "gin_trgm_ops"}, '
            'and declare PGExtension("public", "pg_trgm") in the models.'
        ),
        (
            '  index words_trgm on words (models.py:44): operator class "gin_trgm_ops" does not '
            'exist for access method "gin": declare PGExtension("public", "pg_trgm") in the models.'
        ),
    ]


@pytest.mark.parametrize(
    ("shadow", "helps"),
    [
        (
            "",
            (
                "set SHADOW_DATABASE_URL to a server of PostgreSQL 15 to 18 that has the extension "
                "postgis, as a superuser: postgresql://user:password@host:5432/postgres."
            ),
        ),
        (
            "postgresql://elsewhere/a",
            "install the extension postgis on the server that SHADOW_DATABASE_URL names.",
        ),
    ],
)
def test_an_extension_that_the_server_lacks_names_another_server(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shadow: str, helps: str
) -> None:
    source = (
        "from alembic_utils.pg_extension import PGExtension\n"
        'p = PGExtension("public", "postgis")\n'
        'class A(Base):\n    __tablename__ = "a"\n    id = Column(BigInteger, primary_key=True)\n'
        "    at = Column(Shape)\n"
    )
    monkeypatch.setenv("SHADOW_DATABASE_URL", shadow)
    told = refused(source, empty, tmp_path, monkeypatch)
    assert "extension postgis (models.py" in told[1]
    assert told[1].endswith(helps)


def test_all_tables_that_are_pointed_to_and_missing_are_named(empty: URL) -> None:
    metadata = MetaData()
    keys = (Column(f"c{n}", BigInteger, ForeignKey(f"nowhere{n}.id")) for n in range(3))
    Table("t", metadata, *keys)
    with pytest.raises(UserError) as error:
        desired.build_models(load_models(metadata, ()), empty, source="the tests")
    head, *lines = str(error.value).splitlines()
    assert head == "The models are not complete:"
    assert [f"'nowhere{n}'" in line for n, line in enumerate(lines)] == [True] * 3


def test_a_circle_is_told_as_one(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from alembic_utils.pg_function import PGFunction\n"
        "from sqlalchemy import CheckConstraint\n"
        'class A(Base):\n    __tablename__ = "a"\n    id = Column(BigInteger, primary_key=True)\n'
        '    __table_args__ = (CheckConstraint("f() > 0", name="c"),)\n'
        "f = PGFunction('public', 'f()',"
        " 'RETURNS int LANGUAGE sql AS $$ SELECT count(*)::int FROM a $$')\n"
    )
    head, *lines = refused(source, empty, tmp_path, monkeypatch)
    assert head.startswith("The models declare things that need each other")
    assert lines == [
        '  function f() (models.py): relation "a" does not exist',
        "  table a (models.py:21): function f() does not exist",
    ]


def test_a_function_of_a_materialized_view_needs_schemas(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, databases: ScratchServer
) -> None:
    if databases.version < 170_000:
        return  # such a view finds what is there
    source = (
        "from alembic_utils.pg_function import PGFunction\n"
        "from alembic_utils.pg_materialized_view import PGMaterializedView\n"
        'class A(Base):\n    __tablename__ = "a"\n    id = Column(BigInteger, primary_key=True)\n'
        "f = PGFunction('public', 'f()',"
        " 'RETURNS bigint STABLE LANGUAGE sql AS $$ SELECT max(id) FROM a $$')\n"
        "v = PGMaterializedView('public', 'v', 'SELECT f() AS f')\n"
    )
    (line,) = refused(source, empty, tmp_path, monkeypatch)
    assert line.endswith(
        'relation "a" does not exist: it is filled under search_path = pg_catalog, pg_temp: '
        "let the functions that it calls name tables and functions with their schema."
    )


def test_views_in_a_circle(empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        'one = PGView("public", "v1", "SELECT 1 AS a FROM v2")\n'
        'two = PGView("public", "v2", "SELECT 1 AS a FROM v1")\n'
    )
    head, *lines = refused(source, empty, tmp_path, monkeypatch)
    assert head.startswith("The models declare things that need each other")
    assert len(lines) == 2


IMPORTS = "from sqlalchemy import DDL, CheckConstraint, TypeDecorator, column, event\n"

ODD = """
class Odd(TypeDecorator):
    impl = BigInteger

    def process_literal_param(self, value, dialect):
        raise ValueError("no literals")

    process_bind_param = process_literal_param
"""

PERCENT = "in DDL(), % is written %%, unless it stands for one of its parameters."
NO_TYPE = (
    "CompileError: Can't generate DDL for NullType(); did you forget to specify a type on this "
    "Column?"
)

# What SQLAlchemy cannot write, or what it writes otherwise than its author thinks.
WRITTEN_WRONG = {
    "event.listen(Base.metadata, 'after_create', DDL(\"SELECT 'a%x'\"))\n": (
        f"SQLAlchemy cannot write \"SELECT 'a%x'\" of the models: {PERCENT}"
    ),
    "event.listen(Base.metadata, 'after_create', DDL('SELECT %(more)s'))\n": (
        f'SQLAlchemy cannot write "SELECT %(more)s" of the models: {PERCENT}'
    ),
    "t = Table('t', Base.metadata, Column('a'))\n": (
        f"SQLAlchemy cannot write column t.a of the models (models.py:19): {NO_TYPE}"
    ),
    "class Odd(UserDefinedType):\n    pass\n\nt = Table('t', Base.metadata, Column('a', Odd))\n": (
        "SQLAlchemy cannot write column t.a of the models (models.py:22): AttributeError: 'Odd' "
        "object has no attribute 'get_col_spec'"
    ),
    f"{ODD}t = Table('t', Base.metadata, Column('a', Odd), "
    "CheckConstraint(column('a', Odd) > 3, name='c'))\n": (
        "SQLAlchemy cannot write CHECK constraint c of t of the models (models.py:27): ValueError: "
        "no literals (models.py, line 24)"
    ),
    "event.listen(Base.metadata, 'after_create', lambda _, connection, **__: "
    "connection.execute(text('CREATE VIEW v AS SELECT :b')))\n": (
        'PostgreSQL refuses "CREATE VIEW v AS SELECT :b" of the models: syntax error at or near ":"'
        ': in text(), ":b" is a parameter: write "\\\\:b".'
    ),
    "event.listen(Base.metadata, 'before_create', DDL('CREATE ROLE postgres'))\n": (
        'PostgreSQL refuses "CREATE ROLE postgres" of the models: role "postgres" already exists: '
        "roles belong to the whole server: create one only where pg_roles lacks it."
    ),
}


@pytest.mark.parametrize("source", WRITTEN_WRONG)
def test_what_sqlalchemy_cannot_write_is_not_said_of_the_server(
    source: str, empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = refused(IMPORTS + source, empty, tmp_path, monkeypatch)
    assert line == WRITTEN_WRONG[source]


def test_what_is_refused_and_what_cannot_be_written_are_told_apart(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "one = Table('one', Base.metadata, Column('a'))\n"
        "two = Table('two', Base.metadata, Column('a', Text), Index('i'))\n"
    )
    assert refused(source, empty, tmp_path, monkeypatch) == [
        "2 things that the models declare do not work:",
        f"  SQLAlchemy cannot write column one.a (models.py:18): {NO_TYPE}",
        "  PostgreSQL refuses index i on two (models.py:19): it has no columns",
    ]


ASKS = (
    "event.listen(Base.metadata, 'before_create', lambda _, connection, **__: "
    "connection.scalar(text('SELECT 1')))\n"
)


def test_models_with_a_listener_that_asks_are_told_as_others(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "one = Table('one', Base.metadata, Column('a'), schema='app')\n"
        "two = Table('two', Base.metadata, Column('a', Text), Index('i'))\n"
        "three = Table('three', Base.metadata, Column('a', Enum('x', name='kind')))\n"
    )
    imports = "from sqlalchemy import Enum, event\n"
    assert refused(imports + source + ASKS, empty, tmp_path, monkeypatch) == [
        "2 things that the models declare do not work:",
        f"  SQLAlchemy cannot write column app.one.a (models.py:19): {NO_TYPE}",
        "  PostgreSQL refuses index i on two (models.py:20): it has no columns",
    ]


def test_what_lacks_a_refused_materialized_view_is_not_listed(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from alembic_utils.pg_materialized_view import PGMaterializedView\n"
        'one = PGMaterializedView("public", "seen", "SELECT nowhere() AS a")\n'
        'two = PGView("public", "over", "SELECT a FROM seen")\n'
    )
    (line,) = refused(source, empty, tmp_path, monkeypatch)
    assert line.startswith("PostgreSQL refuses materialized view seen of the models (models.py)")
