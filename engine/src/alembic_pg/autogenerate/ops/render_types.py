"""Render a type of the models into a revision as the SQLAlchemy type that the database stores.

A revision imports alembic and sqlalchemy only, and must run when the models have long changed.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from alembic.autogenerate.render import _repr_type
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.types import Enum, TypeDecorator, TypeEngine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.autogenerate.api import AutogenContext

# The one that creates the tables: another driver's says VARCHAR where this one's says TEXT.
_DIALECT = psycopg2.dialect()

# Whose types have a module of their own; a variant may be another dialect's.
_DIALECT_MODULE = re.compile(r"sqlalchemy\.dialects\.\w+")


class UnwritableTypeError(Exception):
    """Say that SQLAlchemy cannot express a type; PostgreSQL's own statement does it instead."""


def render_item(kind: str, value: Any, context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Render a type of the models, for configure(render_item=…); False for anything else.

    Raises UnwritableTypeError for a type that is no type of sqlalchemy's in the database.
    """
    if kind != "type" or _is_sqlalchemy_type(type(value)):
        return False
    return _repr_type(storage_type(value), context)


def render_item_existing_type(
    kind: str,
    value: Any,  # noqa: ANN401  # as Alembic types it
    context: AutogenContext,
) -> str | Literal[False]:
    """Render a type as `render_item` does, but an enum or a domain as one that is made already.

    The revision makes and drops types by statements of their own; CREATE TABLE would make one again
    for each table, and PostgreSQL refuses that.
    """
    rendered = render_item(kind, value, context)
    if kind != "type":
        return rendered
    stored = storage_type(value)
    if isinstance(stored, postgresql.DOMAIN):
        arguments = _repr_type(stored.data_type, context)
        function = f"DOMAIN({str(stored.name)!r}, {arguments}"
    elif isinstance(stored, Enum) and stored.native_enum and stored.name:
        values = ", ".join(map(repr, stored.enums))
        function = f"ENUM({values}, name={str(stored.name)!r}"
    else:
        return rendered
    context.imports.add("from sqlalchemy.dialects import postgresql")
    schema = f", schema={str(stored.schema)!r}" if stored.schema else ""
    return f"postgresql.{function}{schema}, create_type=False)"


def storage_type(value: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type of sqlalchemy's that makes the same column.

    Raises UnwritableTypeError where there is none.
    """
    variants: Mapping[str, TypeEngine[Any]] = value._variant_mapping  # noqa: SLF001  # no public name
    value = variants.get(_DIALECT.name, value)
    if _is_sqlalchemy_type(type(value)):
        return value
    if isinstance(value, TypeDecorator):
        return storage_type(value.load_dialect_impl(_DIALECT))
    if isinstance(value, Enum):  # it has an adapt() of its own
        return Enum(
            *value.enums,
            name=value.name,
            schema=value.schema,
            native_enum=value.native_enum,
            create_constraint=value.create_constraint,
        )
    spelling = value.compile(_DIALECT)
    for parent in type(value).__mro__:
        if issubclass(parent, TypeEngine) and _is_sqlalchemy_type(parent):
            try:
                adapted: TypeEngine[Any] = value.adapt(parent)
                if adapted.compile(_DIALECT) == spelling:
                    return adapted
            except Exception:  # noqa: BLE001, S112  # an abstract parent; the next one may do
                continue
    raise UnwritableTypeError(spelling)


def _is_sqlalchemy_type(kind: type) -> bool:
    """Return whether a revision can name a class; a dialect has types of its own: PGUuid, say."""
    dialect = _DIALECT_MODULE.match(kind.__module__)
    module = sys.modules[dialect[0]] if dialect else sa
    return getattr(module, kind.__name__, None) is kind
