"""Types of the models, written as what the database stores."""

from __future__ import annotations

import enum
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import pytest
import sqlalchemy as sa
from alembic.autogenerate.render import _repr_type
from alembic_pg.autogenerate.ops import render_types
from sqlalchemy import ARRAY, Enum, Integer, Numeric, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.dialects.postgresql import CITEXT, DOMAIN, JSONB, TIMESTAMP, psycopg2
from sqlalchemy.exc import CompileError
from sqlalchemy.types import TypeEngine, UserDefinedType
from tests.autogenerate import rendering

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic_pg.testing.tree import Tree


class Mood(enum.Enum):
    """An enum of the models."""

    good = "g"
    bad = "b"


class Email(CITEXT):
    """A subclass that stores what its parent stores."""


class Money(TypeDecorator[Any]):
    """A type with Python behind it."""

    impl = Numeric(12, 2)
    cache_ok = True


class Cents(TypeDecorator[Any]):
    """One on top of another, by dialect."""

    impl = Money
    cache_ok = True


class Document(TypeDecorator[Any]):
    """Another type on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:  # noqa: ANN401
        found: TypeEngine[Any] = dialect.type_descriptor(
            JSONB() if dialect.name == "postgresql" else Text()
        )
        return found


class Moods(Enum):
    """A subclass of the enum type itself."""


class Code(String):
    """A length that the class gives."""

    def __init__(self) -> None:
        super().__init__(7)


class Point(UserDefinedType[Any]):
    """A type that SQLAlchemy does not know."""

    def get_col_spec(self, **_: object) -> str:
        return "point"


class Odd(Integer):
    """A subclass that is compiled as something else."""

    __visit_name__ = "odd"

    def _compiler_dispatch(self, *_: Any, **__: Any) -> str:  # noqa: ANN401
        return "money"


def rendered(
    kind: TypeEngine[Any], item: Callable[..., str | Literal[False]] = render_types.render_item
) -> tuple[str, set[str]]:
    """Return a type's source and the imports it needs."""
    autogenerate = rendering.context(item)
    return _repr_type(kind, autogenerate), autogenerate.imports


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        (Integer(), "sa.Integer()"),
        (Enum(Mood), "sa.Enum('good', 'bad', name='mood')"),
        (Moods("x", name="moods"), "sa.Enum('x', name='moods')"),
        (Money(), "sa.Numeric(precision=12, scale=2)"),
        (Cents(), "sa.Numeric(precision=12, scale=2)"),
        (Code(), "sa.String(length=7)"),
        (ARRAY(Money()), "sa.ARRAY(sa.Numeric(precision=12, scale=2))"),
        (Email(), "postgresql.CITEXT()"),
        (Document(), "postgresql.JSONB(astext_type=sa.Text())"),
        (ARRAY(Email()), "sa.ARRAY(postgresql.CITEXT())"),
        (
            Text().with_variant(Document(), "postgresql"),
            "sa.Text().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql')",
        ),
        (Money().with_variant(TIMESTAMP(timezone=True), "postgresql"), "postgresql.TIMESTAMP"),
        (
            Text().with_variant(mysql.MEDIUMTEXT(), "mysql"),
            "sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql')",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_type_is_sqlalchemys(kind: TypeEngine[Any], source: str) -> None:
    found, imports = rendered(kind)
    assert found.startswith(source)
    assert "test_render" not in found
    dialects = ("postgresql", "mysql")
    assert imports <= {f"from sqlalchemy.dialects import {dialect}" for dialect in dialects}


def simple_types() -> list[type[TypeEngine[Any]]]:
    """Return the types of SQLAlchemy, and of its dialect, that need no argument."""
    found: list[type[TypeEngine[Any]]] = []
    for module in (sa, postgresql):
        for name in sorted(vars(module)):
            kind = getattr(module, name)
            if isinstance(kind, type) and issubclass(kind, TypeEngine) and kind not in found:
                with suppress(AssertionError, AttributeError, CompileError, TypeError):
                    kind().compile(psycopg2.dialect())
                    found.append(kind)
    return found


@pytest.mark.parametrize(
    "kind", simple_types(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}"
)
def test_a_type_of_the_dialects_own_is_said_by_one_that_has_a_name(
    kind: type[TypeEngine[Any]],
) -> None:
    """A decorator's load_dialect_impl() returns such a one: PGUuid for UUID, in the GUID recipe."""

    class Decorated(TypeDecorator[Any]):
        impl = Text
        cache_ok = True

        def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:  # noqa: ANN401
            found: TypeEngine[Any] = dialect.type_descriptor(kind())
            return found

    source, _ = rendered(Decorated())
    made = eval(source, {"sa": sa, "postgresql": postgresql})  # noqa: S307  # it is rendered
    dialect = psycopg2.dialect()
    assert made.compile(dialect) == Decorated().compile(dialect)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        (Enum(Mood), "postgresql.ENUM('good', 'bad', name='mood', create_type=False)"),
        (
            Moods("x", name="moods", schema="s"),
            "postgresql.ENUM('x', name='moods', schema='s', create_type=False)",
        ),
        (
            ARRAY(Enum(Mood)),
            "sa.ARRAY(postgresql.ENUM('good', 'bad', name='mood', create_type=False))",
        ),
        (
            DOMAIN("d", Text(), schema="s", check="value <> ''", default="x"),
            "postgresql.DOMAIN('d', sa.Text(), schema='s', create_type=False)",
        ),
        (
            ARRAY(DOMAIN("d", Enum(Mood))),
            (
                "sa.ARRAY(postgresql.DOMAIN('d', "
                "postgresql.ENUM('good', 'bad', name='mood', create_type=False), "
                "create_type=False))"
            ),
        ),
        (Enum(Mood, native_enum=False), "sa.Enum('good', 'bad', name='mood', native_enum=False)"),
        (Cents(), "sa.Numeric(precision=12, scale=2)"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_type_that_has_been_made_is_not_made_by_a_table(
    kind: TypeEngine[Any], source: str
) -> None:
    found, _ = rendered(kind, render_types.render_item_existing_type)
    assert found == source


@pytest.mark.parametrize("kind", [Point(), Odd()], ids=["unknown", "compiled otherwise"])
def test_what_sqlalchemy_cannot_say_is_left_to_postgresql(kind: TypeEngine[Any]) -> None:
    with pytest.raises(render_types.UnwritableTypeError):
        rendered(kind)


MODELS = '''
"""Types of one's own."""

from __future__ import annotations

import enum

from alembic_utils.pg_extension import PGExtension
from sqlalchemy import CHAR, UUID, Enum, Numeric, TypeDecorator
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from models.base import Base, Id


class Mood(enum.Enum):
    good = 1
    bad = 2


class Email(CITEXT):
    pass


class Money(TypeDecorator):
    impl = Numeric(12, 2)
    cache_ok = True


class Guid(TypeDecorator):
    impl = CHAR(32)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(UUID() if dialect.name == "postgresql" else CHAR(32))


class Place(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_):
        return "point"


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[Id]
    mood: Mapped[Mood] = mapped_column(Enum(Mood), server_default="good")
    email = mapped_column(Email)
    price = mapped_column(Money)
    token = mapped_column(Guid, unique=True)
'''


def test_a_revision_outlives_the_models_types(tree: Tree) -> None:
    module = tree.root / "models" / "orders.py"
    module.write_text(MODELS)
    written(tree)
    module.write_text(
        f"{MODELS}    place = mapped_column(Place)\n    total = mapped_column(Money)\n"
    )
    written(tree)
    checked = tree.alembic("check")
    assert checked.code == 0, checked.out + checked.err
    module.unlink()
    shown = tree.alembic("upgrade", "head")
    assert shown.code == 0, shown.out + shown.err


def written(tree: Tree) -> None:
    """Write a revision, which names nothing of the models."""
    known = set(tree.versions.glob("*.py"))
    done = tree.alembic("revision", "--autogenerate", "-m", "add what is new")
    assert done.code == 0, done.out + done.err
    [new] = set(tree.versions.glob("*.py")) - known
    assert "models" not in new.read_text()
    assert "CREATE TABLE" not in new.read_text()
