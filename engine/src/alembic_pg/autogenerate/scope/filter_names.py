"""Translate a dump entry into the arguments of env.py's include_name and include_object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.autogenerate.dump import table_definition

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.scope.models import Models

# What is a part of a table, view or sequence, and is left out with it.
PART_KINDS = frozenset(
    {
        "ACL",
        "CHECK CONSTRAINT",
        "COMMENT",
        "CONSTRAINT",
        "DEFAULT",
        "FK CONSTRAINT",
        "INDEX",
        "INDEX ATTACH",
        "POLICY",
        "PUBLICATION TABLE",
        "ROW SECURITY",
        "RULE",
        "SEQUENCE OWNED BY",
        "STATISTICS",
        "TABLE ATTACH",
        "TRIGGER",
    }
)

# Alembic's word for what pg_dump calls something else; any other kind keeps pg_dump's word.
_ALEMBIC_TYPES = {
    "CHECK CONSTRAINT": "check_constraint",
    "FK CONSTRAINT": "foreign_key_constraint",
    "FOREIGN TABLE": "table",
    "PROCEDURE": "function",  # alembic-utils has one class for both
}

# Which names alembic-utils gives with their schema.
_SCHEMA_QUALIFIED_TYPES = frozenset(
    {"extension", "function", "materialized_view", "policy", "trigger", "view"}
)

# What is told with its table.
_TABLE_PART_KINDS = PART_KINDS - {"ACL", "COMMENT"}


@dataclass(frozen=True)
class FilterArguments:
    """Hold what the filters are asked about one object.

    bare_name: the name without a schema, table or arguments. parents: Alembic's names of the schema
    (None for the default one) and the table.
    """

    type_: str
    name: str | None
    bare_name: str
    parents: dict[str, str | None]

    @property
    def include_name_arguments(self) -> tuple[str | None, str, dict[str, str | None]]:
        """The arguments of include_name."""
        return self.name, self.type_, dict(self.parents)


def filter_arguments(entry: Entry, dump: Dump) -> FilterArguments:
    """Return what the filters are asked about an entry.

    dump: where the table is found that it belongs to.
    """
    type_, bare = _alembic_type(entry), entry.name
    parents: dict[str, str | None] = {"schema_name": _alembic_schema(entry.schema)}
    if entry.kind == "SCHEMA":
        return FilterArguments(type_, _alembic_schema(entry.name), bare, {"schema_name": None})
    if type_ == "table":
        return FilterArguments(type_, bare, bare, _add_table_names(parents, bare))
    tables = [dump[n].name for n in entry.needs if n in dump and dump[n].kind in {"TABLE", "VIEW"}]
    if entry.kind in _TABLE_PART_KINDS and tables:
        # pg_dump's names of constraints, policies and triggers begin with their table's.
        bare = next((bare[len(t) + 1 :] for t in tables if bare.startswith(f"{t} ")), bare)
        parents = _add_table_names(parents, tables[0])
    if type_ in _SCHEMA_QUALIFIED_TYPES:
        return FilterArguments(type_, f"{entry.schema}.{bare}", bare.partition("(")[0], parents)
    return FilterArguments(type_, bare, bare, parents)


def column_filter_arguments(table: Entry, name: str) -> FilterArguments:
    """Return what the filters are asked about a column."""
    parents: dict[str, str | None] = {"schema_name": _alembic_schema(table.schema)}
    return FilterArguments("column", name, name, _add_table_names(parents, table.name))


def leading_column_name(item: str) -> str:
    """Return the name of the column that a line of a table's definition begins with."""
    name = table_definition.NAME.match(item)
    return table_definition.unquote_name(name[0]) if name else ""


def declared_objects(models: Models) -> dict[tuple[str, str | None, str], Any]:
    """Return what the models declare by type, schema and bare name, as the filters are given it."""
    objects: dict[tuple[str, str | None, str], Any] = {}
    for table in models.tables:
        schema = table.schema if table.schema != "public" else None
        objects["table", schema, table.name] = table
        for index in table.indexes:
            objects["index", schema, str(index.name)] = index
        for constraint in table.constraints:
            word = constraint.__visit_name__.removeprefix("column_")
            objects[word, schema, str(constraint.name)] = constraint
    for entity in models.entities:
        bare = entity.signature.partition("(")[0]
        objects[entity.type_, _alembic_schema(entity.schema), bare] = entity
    return objects


def _alembic_type(entry: Entry) -> str:
    if entry.kind == "CONSTRAINT":
        for words in ("UNIQUE", "PRIMARY KEY", "EXCLUDE"):
            if f" {words} " in entry.create:
                return f"{words.lower().replace(' ', '_')}_constraint"
    return _ALEMBIC_TYPES.get(entry.kind, entry.kind.lower().replace(" ", "_"))


def _alembic_schema(name: str) -> str | None:
    """Return a schema as Alembic names it."""
    return name if name not in {"", "public"} else None


def _add_table_names(parents: dict[str, str | None], table: str) -> dict[str, str | None]:
    schema = parents["schema_name"]
    return {
        **parents,
        "table_name": table,
        "schema_qualified_table_name": f"{schema}.{table}" if schema else table,
    }
