"""Find what a revision's statements destroy, and what breaks the previous release's code.

Statements are read in the order in which they run, so that each meets what those before it have
made. A statement that is not known here changes nothing that is looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.revisions import impact_alter_table, impact_create_table
from alembic_pg.revisions.impact_findings import Impact
from alembic_pg.revisions.schema_model import Column, Enum, Schema
from alembic_pg.sql import plpgsql
from alembic_pg.sql.quoting import object_label, quote_literal, unquote_literal
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alembic_pg.sql.column_types import ColumnType
    from alembic_pg.sql.cursor import Cursor

# Kinds of objects that a query names, and that one statement replaces.
_QUERY_KINDS = ("MATERIALIZED VIEW", "VIEW", "FUNCTION", "PROCEDURE", "AGGREGATE")


class ImpactReader:
    """Reads revisions, one after the other.

    schema: what is there, which each statement changes. revision_impact: of this revision so far.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.revision_impact = Impact()
        self._enums = dict(schema.enums)
        self._created_schemas: set[str] = set()

    def begin_revision(self) -> None:
        """Begin with the next revision."""
        self.schema.begin_revision()
        self._enums = dict(self.schema.enums)
        self._created_schemas = set()
        self.revision_impact = Impact()

    def read_sql(self, sql: str, existing: Mapping[str, ColumnType] | None = None) -> Impact:
        """Return what the statements of a text do.

        existing: the types of columns before, by name, where nothing else tells them.
        """
        found = Impact()
        for cursor in statement_cursors(sql):
            one = self._statement(cursor, existing or {})
            for key in one.pending_breaks:
                self.revision_impact.pending_breaks.pop(key, None)
            found.merge(one)
        self.revision_impact.merge(found)
        return found

    def end_revision(self) -> Impact:
        """End the revision; return what all of it does."""
        for name, old in self._enums.items():
            new = self.schema.enums.get(name)
            if new is not None and new is not old:
                lost = [value for value in old.old_values if value not in new.values]
                self.revision_impact.merge(impact_alter_table.lost_values_impact(old, lost))
        self.revision_impact.breaks += filter(None, self.revision_impact.pending_breaks.values())
        self.revision_impact.breaks += self.schema.views.breaks()
        return self.revision_impact

    def _statement(self, cursor: Cursor, existing: Mapping[str, ColumnType]) -> Impact:
        verb = cursor.accept_any("CREATE", "ALTER", "DROP", "TRUNCATE", "DO")
        if verb == "ALTER" and cursor.accept_any("TABLE", "FOREIGN TABLE"):
            return impact_alter_table.read_alter_table(self.schema, cursor, existing)
        return _STATEMENT_READERS[verb](self, cursor) if verb in _STATEMENT_READERS else Impact()

    def _create(self, cursor: Cursor) -> Impact:
        cursor.accept("OR", "REPLACE")
        cursor.accept_any("GLOBAL", "LOCAL")
        cursor.accept_any("TEMPORARY", "TEMP", "UNLOGGED")
        kind = cursor.accept_any("TABLE", "TYPE", "DOMAIN", "SCHEMA", "UNIQUE INDEX", *_QUERY_KINDS)
        there = cursor.accept("IF", "NOT", "EXISTS")
        if kind == "UNIQUE INDEX":
            return self._create_unique_index(cursor)
        if kind == "SCHEMA":
            if not there:
                self._created_schemas.add(cursor.identifier())
            return Impact()
        if kind == "TABLE":
            start = cursor.position
            if not (there and cursor.qualified_name() in self.schema.tables):
                cursor.position = start
                impact_create_table.read_create_table(self.schema, cursor)
        elif kind in _QUERY_KINDS:
            return self._create_query(kind, cursor)
        elif kind:
            name = cursor.qualified_name()
            if kind == "DOMAIN":
                cursor.accept("AS")
                self.schema.domains[name] = self.schema.read_column(cursor)
            elif cursor.accept("AS", "ENUM"):
                self.schema.enums[name] = Enum(
                    [_read_enum_value(part) for part in cursor.split_commas()]
                )
        return Impact()

    def _create_query(self, kind: str, cursor: Cursor) -> Impact:
        name = cursor.qualified_name()
        if kind.endswith("VIEW"):
            self.schema.views.create(name, cursor)
        return Impact(pending_breaks={(kind, *name): ""})

    def _create_unique_index(self, cursor: Cursor) -> Impact:
        cursor.accept("CONCURRENTLY")
        cursor.accept("IF", "NOT", "EXISTS")
        index = "" if cursor.current_word == "ON" else cursor.qualified_name()[1]
        cursor.accept("ON")
        cursor.accept("ONLY")
        name = cursor.qualified_name()
        table = self.schema.tables.get(name)
        if table is None or table.is_new:
            return Impact()  # of a materialised view, say
        what = index or "a unique index"
        known = table.add_constraint(index, cursor.remaining_text())
        known = known or self.schema.is_kept(name, index)
        return Impact([], [] if known else [f"new rows of {object_label(name)} must fit {what}"])

    def _alter(self, cursor: Cursor) -> Impact:
        if cursor.accept("SCHEMA"):
            old = cursor.identifier()
            if cursor.accept("RENAME", "TO"):
                self.schema.rename_schema(old, cursor.identifier())
            return Impact()
        if cursor.accept_any("VIEW", "MATERIALIZED VIEW"):
            return impact_alter_table.read_alter_view(self.schema, cursor)
        return self._alter_type(cursor) if cursor.accept("TYPE") else Impact()

    def _alter_type(self, cursor: Cursor) -> Impact:
        name = cursor.qualified_name()
        enum = self.schema.enums.get(name)
        if cursor.accept("RENAME", "VALUE"):
            old = _read_enum_value(cursor)
            cursor.accept("TO")
            new = _read_enum_value(cursor)
            if enum is not None:
                enum.values = [new if value == old else value for value in enum.values]
                enum.old_values = tuple(new if value == old else value for value in enum.old_values)
            return Impact(
                breaks=[f"{quote_literal(old)} of {object_label(name)} is now {quote_literal(new)}"]
            )
        if cursor.accept("ADD", "VALUE"):
            cursor.accept("IF", "NOT", "EXISTS")
            value = _read_enum_value(cursor)
            if enum is not None and value not in enum.values:
                enum.values.append(value)
        elif cursor.accept("RENAME", "TO"):
            self._rename_type(name, (name[0], cursor.identifier()))
        elif cursor.accept("SET", "SCHEMA"):
            self._rename_type(name, (cursor.identifier(), name[1]))
        else:
            return impact_alter_table.read_alter_composite_type(object_label(name), cursor)
        return Impact()

    def _rename_type(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        if old in self.schema.enums:
            self.schema.enums[new] = self.schema.enums.pop(old)
        if old in self.schema.domains:
            self.schema.domains[new] = self.schema.domains.pop(old)

    def _drop(self, cursor: Cursor) -> Impact:
        kind = cursor.accept_any(
            "TABLE", "TYPE", "DOMAIN", "SCHEMA", "EXTENSION", "OWNED", "INDEX", *_QUERY_KINDS
        )
        cursor.accept("CONCURRENTLY")
        cursor.accept("IF", "EXISTS")
        if kind == "INDEX":
            for name in cursor.qualified_names():
                self.schema.drop_index(name)
            return Impact()
        if kind == "TABLE":
            found = Impact()
            for name in cursor.qualified_names():
                found.merge(self._drop_table(name))
            return found
        if kind in _QUERY_KINDS:
            # Created again by the same revision, it is there; functions of one name share a key.
            names = [part.qualified_name() for part in cursor.split_commas()]
            for name in names if kind.endswith("VIEW") else ():
                self.schema.views.drop(name)
            return Impact(
                pending_breaks={(kind, *name): f"{object_label(name)} is gone" for name in names}
            )
        if kind in {"TYPE", "DOMAIN"}:
            return self._drop_types(cursor)
        if kind == "OWNED":
            return Impact([f"all that {cursor.remaining()[-1].text} owns"])
        return self._drop_many(kind, cursor) if kind else Impact()

    def _drop_table(self, name: tuple[str, str]) -> Impact:
        table = self.schema.tables.pop(name, None)
        if table is not None and table.is_new:
            return Impact()
        return Impact([f"table {object_label(name)}"], [f"{object_label(name)} is gone"])

    def _drop_types(self, cursor: Cursor) -> Impact:
        found = Impact()
        names = list(cursor.qualified_names())
        cascade = cursor.contains("CASCADE")
        for name in names:
            enum = self.schema.enums.pop(name, None)
            domain = self.schema.domains.pop(name, None)
            if not cascade:
                continue
            if enum is None and domain is None:
                found.merge(Impact([f"type {object_label(name)} with what needs it"]))
            found.merge(self._drop_columns(enum, domain))
        return found

    def _drop_columns(self, *types: Enum | Column | None) -> Impact:
        """Drop the columns whose type is one of these, or a domain that is made of one."""
        gone = [one for one in types if one is not None]
        found = Impact()
        for place, table in self.schema.tables.items():
            for name, column in [*table.columns.items()]:
                if any(one is kind for kind in (column.enum, *column.domain_chain) for one in gone):
                    found.merge(impact_alter_table.drop_column(place, table, name))
        return found

    def _drop_many(self, kind: str, cursor: Cursor) -> Impact:
        """Read DROP SCHEMA and DROP EXTENSION, which drop what they contain with CASCADE only."""
        found = Impact()
        names = [name for _, name in cursor.qualified_names()]
        if not cursor.contains("CASCADE"):
            return found
        for name in names:
            if kind == "EXTENSION":
                found.merge(Impact([f"extension {name} with what needs it"]))
            elif name not in self._created_schemas:
                found.merge(Impact([f"schema {name} with what is in it"]))
            for table in [*self.schema.tables]:
                if kind == "SCHEMA" and table[0] == name:
                    found.merge(self._drop_table(table))
            for things in (self.schema.enums, self.schema.domains):
                for key in [key for key in things if kind == "SCHEMA" and key[0] == name]:
                    found.merge(self._drop_columns(things.pop(key)))
        return found

    def _truncate(self, cursor: Cursor) -> Impact:
        cursor.accept("TABLE")
        found = Impact()
        cascade = cursor.contains("CASCADE")
        for part in cursor.split_commas():
            part.accept("ONLY")
            name = part.qualified_name()
            table = self.schema.tables.get(name)
            if table is None or not table.is_new:
                found.merge(Impact([f"rows of {object_label(name)}"]))
                if cascade:
                    found.merge(
                        Impact([f"rows of all that refers to {object_label(name)} (CASCADE)"])
                    )
        return found

    def _do_block(self, cursor: Cursor) -> Impact:
        """Read the statements of a PL/pgSQL block, and those in the strings that it executes."""
        found = Impact()
        for one in plpgsql.block_statements(plpgsql.do_body(cursor)):
            found.merge(self._statement(one, {}))
        return found


def _read_enum_value(cursor: Cursor) -> str:
    token = cursor.current
    cursor.position += 1
    return unquote_literal(token.text) if token and token.kind == "string" else ""


_STATEMENT_READERS: dict[str, Callable[[ImpactReader, Cursor], Impact]] = {
    "CREATE": ImpactReader._create,  # noqa: SLF001  # in this file
    "ALTER": ImpactReader._alter,  # noqa: SLF001
    "DROP": ImpactReader._drop,  # noqa: SLF001
    "TRUNCATE": ImpactReader._truncate,  # noqa: SLF001
    "DO": ImpactReader._do_block,  # noqa: SLF001
}
