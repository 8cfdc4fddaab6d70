"""Write one object of a database as Python: an entity of alembic-utils, or DDL of an event."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import DDL

from alembic_pg.autogenerate.dump import kinds
from alembic_pg.sql.cursor import Cursor, UnrecognizedError
from alembic_pg.sql.lexer import without_semicolon

if TYPE_CHECKING:
    from alembic_utils.replaceable_entity import ReplaceableEntity

    from alembic_pg.autogenerate.dump.entry import Entry

_NO_DATA = re.compile(r"\s+WITH NO DATA$")

_CLASSES: dict[str, Any] = {
    "EXTENSION": PGExtension,
    "FUNCTION": PGFunction,
    "VIEW": PGView,
    "MATERIALIZED VIEW": PGMaterializedView,
    "TRIGGER": PGTrigger,
    "POLICY": PGPolicy,
}


@dataclass(frozen=True)
class Declaration:
    """Hold how an object is declared.

    entry: the object. arguments: of the entity's class, None where it is DDL. variable: the name
    of the entity in its module.
    """

    entry: Entry
    arguments: tuple[tuple[str, str], ...] | None
    variable: str = ""

    @property
    def entity_class(self) -> type[ReplaceableEntity] | None:
        """The entity's class, None where it is DDL."""
        return None if self.arguments is None else _CLASSES[self.entry.kind]

    @property
    def class_name(self) -> str:
        """The name of the entity's class, "DDL" without one."""
        return "DDL" if self.entity_class is None else self.entity_class.__name__

    def entity(self) -> ReplaceableEntity | None:
        """Return the entity, None where it is DDL."""
        if self.arguments is None:
            return None
        made: ReplaceableEntity = _CLASSES[self.entry.kind](**dict(self.arguments))
        return made

    @property
    def event(self) -> str:
        """The event of the MetaData at which the DDL runs."""
        early = self.entry.kind in kinds.NEEDED_BY_TABLES or self.entry.kind == "SEQUENCE"
        return "before_create" if early else "after_create"

    def ddl(self) -> DDL:
        """Return the DDL, as an event's listener runs it."""
        return DDL(self._ddl_text())

    def source(self, metadata: str) -> str:
        """Return the Python of it. metadata: the expression of the MetaData."""
        if self.arguments is None:
            text = _string(self._ddl_text())
            return f'event.listen({metadata}, "{self.event}", DDL({text}))\n'
        arguments = "".join(f"    {name}={_string(text)},\n" for name, text in self.arguments)
        return f"{self.variable} = {self.class_name}(\n{arguments})\n"

    def _ddl_text(self) -> str:
        text = without_semicolon(self.entry.create.strip())
        if self.entry.kind == "SCHEMA":
            # The build makes the schemas of all objects before.
            text = text.replace("CREATE SCHEMA ", "CREATE SCHEMA IF NOT EXISTS ", 1)
        return text.replace("%", "%%")


def declare(entry: Entry, variable: str) -> Declaration:
    """Return how an object is declared: as an entity where alembic-utils has one of its form."""
    try:
        return Declaration(entry, tuple(_entity_arguments(entry).items()), variable)
    except (UnrecognizedError, KeyError):
        return Declaration(entry, None)


def _entity_arguments(entry: Entry) -> dict[str, str]:
    """Return the arguments of the entity. Raises UnrecognizedError, KeyError for another form."""
    definition = without_semicolon(entry.create.strip())
    if "\n--" in definition:
        raise UnrecognizedError
    arguments = _READERS[entry.kind](Cursor(definition))
    if "." in arguments["schema"]:  # which alembic-utils takes for a separator
        raise UnrecognizedError
    return arguments


def _extension(cursor: Cursor) -> dict[str, str]:
    cursor.expect("CREATE", "EXTENSION")
    cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    cursor.expect("WITH", "SCHEMA")
    schema = cursor.identifier()
    cursor.expect_end()
    return {"schema": schema, "signature": name}


def _function(cursor: Cursor) -> dict[str, str]:
    cursor.expect("CREATE", "FUNCTION")
    schema, name = cursor.qualified_name()
    start = cursor.position
    cursor.skip_brackets()
    arguments = Cursor(cursor.sql, cursor.tokens[start : cursor.position]).whole_text()
    return {
        "schema": schema,
        "signature": f"{name}{arguments}",
        "definition": cursor.remaining_text(),
    }


def _view(cursor: Cursor) -> dict[str, str]:
    cursor.expect("CREATE", "VIEW")
    schema, name = cursor.qualified_name()
    cursor.expect("AS")
    return {"schema": schema, "signature": name, "definition": cursor.remaining_text()}


def _materialized_view(cursor: Cursor) -> dict[str, str]:
    cursor.expect("CREATE", "MATERIALIZED", "VIEW")
    schema, name = cursor.qualified_name()
    cursor.expect("AS")
    definition = _NO_DATA.sub("", cursor.remaining_text())
    return {"schema": schema, "signature": name, "definition": definition}


def _trigger(cursor: Cursor) -> dict[str, str]:
    cursor.expect("CREATE", "TRIGGER")
    return _on_table(cursor, with_table=True)


def _policy(cursor: Cursor) -> dict[str, str]:
    cursor.expect("CREATE", "POLICY")
    return _on_table(cursor, with_table=False)


def _on_table(cursor: Cursor, *, with_table: bool) -> dict[str, str]:
    """Return the arguments of what is on a table.

    with_table: whether its definition begins before ON, which it then has.
    """
    name = cursor.identifier()
    whole = cursor.remaining_text()
    at = cursor.find("ON")
    if at is None:
        raise UnrecognizedError
    cursor.position = at + 1
    schema, table = cursor.qualified_name()
    return {
        "schema": schema,
        "signature": name,
        "on_entity": f"{schema}.{table}",
        "definition": whole if with_table else cursor.remaining_text(),
    }


_READERS = {
    "EXTENSION": _extension,
    "FUNCTION": _function,
    "VIEW": _view,
    "MATERIALIZED VIEW": _materialized_view,
    "TRIGGER": _trigger,
    "POLICY": _policy,
}


def _string(text: str) -> str:
    """Return a text as Python's constant: in a block where it has several lines."""
    if "\n" not in text:
        return repr(text) if '"' in text or "\\" in text else f'"{text}"'
    for prefix in ("", "r"):
        source = f'{prefix}"""{text}"""'
        try:
            if ast.literal_eval(source) == text:
                return source
        except (SyntaxError, ValueError):
            continue
    return repr(text)
