"""Write a column, a constraint or an index of a database as the models' source has it."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.sql.elements import conv

from alembic_pg.adopt.model_source.source import string_literal
from alembic_pg.autogenerate.ops.statement_source import escape_colons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table
    from sqlalchemy.types import TypeEngine

    from alembic_pg.adopt.model_source.source import Names

_DIALECT = psycopg2.dialect()

# A type among the arguments of another one, as SQLAlchemy prints it.
_INNER_TYPE = re.compile(r"\b[A-Z]\w*(?=\()")

_BUILTIN = {int: "int", str: "str", bool: "bool", float: "float", bytes: "bytes"}

_MODULES = {
    dt.datetime: "datetime",
    dt.date: "datetime",
    dt.time: "datetime",
    dt.timedelta: "datetime",
    decimal.Decimal: "decimal",
    uuid.UUID: "uuid",
}


def column_arguments(found: dict[str, Any], names: Names) -> list[str]:
    """Return the arguments of mapped_column() or Column(), without the name.

    found: the column, as SQLAlchemy's inspector has it.
    """
    arguments = [type_source(found["type"], names)]
    if found.get("computed"):
        text = string_literal(escape_colons(found["computed"]["sqltext"]))
        persisted = found["computed"].get("persisted")
        kept = "" if persisted is None else f", persisted={persisted}"
        arguments.append(f"{names.use('Computed')}({text}{kept})")
    elif found.get("identity"):
        always = "always=True" if found["identity"].get("always") else ""
        arguments.append(f"{names.use('Identity')}({always})")
    elif found.get("default"):
        arguments.append(f"server_default={default_source(found['default'], names)}")
    if found.get("comment"):
        arguments.append(f"comment={string_literal(found['comment'])}")
    return arguments


def default_source(expression: str, names: Names) -> str:
    """Return a server default of what PostgreSQL prints."""
    return f"{names.use('text')}({string_literal(escape_colons(expression))})"


def type_source(kind: TypeEngine[Any], names: Names) -> str:
    """Return the expression of a type: SQLAlchemy's general one where it makes the same column."""
    chosen = kind
    try:
        general = kind.as_generic()
        if general.compile(_DIALECT) == kind.compile(_DIALECT):
            chosen = general
    except NotImplementedError:
        pass
    own = type(chosen).__module__.startswith("sqlalchemy.dialects")
    module = "sqlalchemy.dialects.postgresql" if own else "sqlalchemy"
    name = type(chosen).__name__
    inner = _with_imports(repr(chosen).removeprefix(name), names)
    if isinstance(chosen, postgresql.ARRAY) or name == "ARRAY":
        inner = f"({type_source(chosen.item_type, names)})"  # type: ignore[attr-defined]  # of ARRAY
    return f"{names.use(name, module)}{inner}"


def _with_imports(arguments: str, names: Names) -> str:
    """Return the arguments of a type, in which another one is called as the module calls it."""
    arguments = arguments.replace("astext_type=Text()", "")  # as it is without
    return _INNER_TYPE.sub(lambda found: names.use(found[0]), arguments)


def annotation_source(kind: TypeEngine[Any], names: Names) -> str:
    """Return the type of a column's values in Python, for Mapped[…]."""
    try:
        python = kind.python_type
    except NotImplementedError:
        return names.use("Any", "typing")
    if python in _BUILTIN:
        return _BUILTIN[python]
    if python in _MODULES:
        return names.use(python.__name__, _MODULES[python])
    return names.use("Any", "typing")


def index_source(found: dict[str, Any], names: Names) -> str:
    """Return the call that makes an index, as SQLAlchemy's inspector has it."""
    columns = found.get("expressions") or found["column_names"]
    sorting = found.get("column_sorting", {})
    elements = []
    for at, column in enumerate(columns):
        plain = found["column_names"][at] is not None and column not in sorting
        word = " ".join(one.upper().replace("_", " ") for one in sorting.get(column, ()))
        text = f"{column} {word}".strip()
        source = string_literal(column if plain else escape_colons(text))
        elements.append(source if plain else f"{names.use('text')}({source})")
    arguments = [string_literal(found["name"]), *elements]
    if found.get("unique"):
        arguments.append("unique=True")
    for option, value in sorted(found.get("dialect_options", {}).items()):
        if not value or (option == "postgresql_using" and value == "btree"):
            continue
        if option == "postgresql_where":
            said = f"{names.use('text')}({string_literal(escape_colons(str(value)))})"
        else:
            said = string_literal(value) if isinstance(value, str) else repr(value)
        arguments.append(f"{option}={said}")
    return f"{names.use('Index')}({', '.join(arguments)})"


def check_source(found: dict[str, Any], table: Table, names: Names) -> str:
    """Return the call that makes a CHECK constraint."""
    text = string_literal(escape_colons(found["sqltext"]))
    return f"{names.use('CheckConstraint')}({text}, name={_name(found, 'ck', table, names)})"


def unique_source(found: dict[str, Any], table: Table, names: Names) -> str:
    """Return the call that makes a UNIQUE constraint."""
    columns = ", ".join(map(string_literal, found["column_names"]))
    options = found.get("dialect_options", {})
    more = "".join(f", {name}={value!r}" for name, value in sorted(options.items()) if value)
    name = _name(found, "uq", table, names)
    return f"{names.use('UniqueConstraint')}({columns}, name={name}{more})"


def key_source(found: dict[str, Any], table: Table, names: Names) -> str:
    """Return the call that makes a foreign key."""
    place = found["referred_table"]
    if found.get("referred_schema"):
        place = f"{found['referred_schema']}.{place}"
    own = _list(found["constrained_columns"])
    theirs = _list([f"{place}.{column}" for column in found["referred_columns"]])
    options = {"name": _name(found, "fk", table, names)}
    options |= {
        name: string_literal(value) if isinstance(value, str) else repr(value)
        for name, value in found.get("options", {}).items()
    }
    more = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"{names.use('ForeignKeyConstraint')}({own}, {theirs}, {more})"


def short_name(name: str, kind: str, table: Table) -> str:
    """Return what the models call a constraint whose name a convention makes, else its name."""
    convention = table.metadata.naming_convention.get(kind)
    if not isinstance(convention, str) or "%(constraint_name)s" not in convention:
        return name
    before, _, after = convention.partition("%(constraint_name)s")
    try:
        before, after = (one % {"table_name": table.name} for one in (before, after))
    except KeyError:
        return name
    if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
        return name[len(before) : len(name) - len(after)]
    return name


def _name(found: dict[str, Any], kind: str, table: Table, names: Names) -> str:
    """Return the source of a constraint's name, which no convention changes."""
    name = found["name"]
    short = short_name(name, kind, table)
    convention = table.metadata.naming_convention.get(kind)
    changed = isinstance(convention, str) and "%(constraint_name)s" in convention
    if short != name or not changed:
        return string_literal(short)
    return f"{names.use(conv.__name__, 'sqlalchemy.schema')}({string_literal(name)})"


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(string_literal, texts))}]"
