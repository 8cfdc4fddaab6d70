"""Remember what the statements of a plan so far would have changed, for those that come after.

None of them was executed. What a later one meets is made of it, in a transaction that is rolled
back: types, functions and the like as they are, tables as empty copies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_pg.online.run import probe_table
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.plan.dropped_parts import dropped_by_action
from alembic_pg.plan.made_objects import MadeObjects, makes
from alembic_pg.sql import parser, session_statements, split, statements
from alembic_pg.sql.column_types import with_renamed_type
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_literal, quote_name, unquote_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.sql.cursor import QualifiedName

# By another name, a copy is not found again.
_RENAME_OR_MOVE = re.compile(r"RENAME\s+TO\b|SET\s+SCHEMA\b", re.IGNORECASE)

# About one table, whose copy can have it, too.
_ABOUT_TABLE = (
    *("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", "CREATE CONSTRAINT TRIGGER", "DROP TRIGGER"),
    *("CREATE POLICY", "ALTER POLICY", "DROP POLICY"),
    *("CREATE RULE", "CREATE OR REPLACE RULE", "DROP RULE"),
)

# In the place of an oid: an index that is dropped is one of the table's, or none of the copy.
_ANY_TABLE = 0

# A range has another type with it, and functions, whose names the next one of its name wants.
_RENAME_PARTS = """
DO $$ DECLARE multirange regtype; one regprocedure; BEGIN
SELECT rngmultitypid INTO multirange FROM pg_range WHERE rngtypid = to_regtype({range});
IF NOT FOUND THEN RETURN; END IF;
FOR one IN SELECT objid FROM pg_depend WHERE deptype = 'i' AND classid = 'pg_proc'::regclass
  AND refclassid = 'pg_type'::regclass AND refobjid IN (multirange, to_regtype({range}))
LOOP EXECUTE format('ALTER FUNCTION %s RENAME TO {gone}', one); END LOOP;
EXECUTE format('ALTER TYPE %s RENAME TO {gone}', multirange); END $$
"""

_VIEWS = ("CREATE VIEW", "CREATE OR REPLACE VIEW", "CREATE MATERIALIZED VIEW")


@dataclass
class EarlierStatements:
    """What the statements so far have made, renamed and taken away.

    created_tables, materialized: the tables and materialized views that were not there before.
    renamed: the tables and indexes that have another name, by it: what they were called before.
    columns: the same of columns, by their table's oid.
    dropped: the views, policies, triggers and rules that are gone, with and without their schema,
    columns and constraints with their table's oid, and publications that have lost a table.
    makes: the statements that made tables, types, functions and the like.
    indexes: the indexes that they made, by name: the table.
    emptied: the oids of the tables that have no rows any more.
    views: the queries of the views that were made, by their names.
    labels: the values that an enum has from its commit on, by what stands for them till then.
    schema: of what a statement names without one.
    """

    created_tables: set[QualifiedName] = field(default_factory=set)
    materialized: set[QualifiedName] = field(default_factory=set)
    renamed: dict[QualifiedName, QualifiedName] = field(default_factory=dict)
    columns: dict[tuple[int, str], str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    makes: MadeObjects = field(default_factory=MadeObjects)
    indexes: dict[QualifiedName, Relation] = field(default_factory=dict)
    emptied: set[int] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)
    views: dict[QualifiedName, Cursor] = field(default_factory=dict)
    schema: str = "public"
    _of_tables: list[tuple[int, str]] = field(default_factory=list)

    def remember(self, sql: str, table: Relation | None) -> None:
        """Remember one statement. table: the one that it is about, if that was there before."""
        cursor = split.first_statement(sql, self.schema)
        if makes(sql):
            self.makes.add(sql)
            if names := session_statements.renamed_type(sql):
                self._rename_type(names[0], names[1][1])
        if table is not None:
            self._remember_of_table(sql, table)
        if kind := cursor.accept_any(*_VIEWS):
            self._remember_view(kind, cursor)
        elif created := cursor.created_table():
            self.created_tables.add(created)
        elif cursor.accept("DROP"):
            self._remember_dropped(cursor)
            self._remember_dropped_type(split.first_statement(sql, self.schema))
        elif cursor.accept("ALTER"):
            self._remember_altered(cursor)

    def _remember_altered(self, cursor: Cursor) -> None:
        """Remember what has another name or place, and what a publication has no more."""
        if cursor.accept("PUBLICATION"):
            publication = cursor.identifier()
            self.dropped += [f"publication {publication}"] if cursor.peek("DROP", "TABLE") else []
        elif cursor.accept_any("TABLE", "INDEX"):
            old = cursor.altered_table()
            if cursor.accept("RENAME", "TO"):
                self._rename(old, (old[0], cursor.identifier()))
            elif cursor.accept("SET", "SCHEMA"):
                self._rename(old, (cursor.identifier(), old[1]))

    def _remember_view(self, kind: str, cursor: Cursor) -> None:
        """Remember a view. kind: how its statement begins, after which the cursor stands."""
        cursor.accept("IF", "NOT", "EXISTS")
        name = cursor.qualified_name()
        if kind == "CREATE MATERIALIZED VIEW":
            self.materialized.add(name)
        at = cursor.find("AS")
        if at is not None:
            self.views[name] = Cursor(cursor.sql, cursor.tokens[at + 1 :])

    def _rename(self, old: QualifiedName, new: QualifiedName) -> None:
        if old in self.created_tables:
            self.created_tables.discard(old)
            self.created_tables.add(new)
        elif old in self.indexes:
            self.indexes[new] = self.indexes.pop(old)
        else:
            self.created_tables.discard(new)
            self.renamed[new] = self.renamed.pop(old, old)

    def _remember_dropped(self, cursor: Cursor) -> None:
        kind = cursor.accept_any(
            *("TABLE", "MATERIALIZED VIEW", "VIEW", "POLICY", "TRIGGER", "RULE", "INDEX")
        )
        cursor.accept_any("CONCURRENTLY")
        cursor.accept("IF", "EXISTS")
        for name in cursor.qualified_names() if kind else ():
            self.dropped += [".".join(name), name[1]]
            self.views.pop(name, None)
            self.indexes.pop(name, None)
            if kind == "INDEX":
                drop = f"DROP INDEX IF EXISTS pg_temp.{quote_name(name[1])}"
                self._of_tables.append((_ANY_TABLE, drop))

    def _remember_dropped_type(self, cursor: Cursor) -> None:
        """Give a type another name: a table's column may have it still, not its copy's."""
        cursor.accept("DROP")
        kind = cursor.accept_any("TYPE", "DOMAIN")
        cursor.accept("IF", "EXISTS")
        if kind:
            name = cursor.qualified_name()
            gone = f"ddl_gone_{len(self.makes.texts)}"
            own = quote_literal(quote_name(*name))
            self.makes.add(_RENAME_PARTS.format(range=own, gone=f"{gone}_multi"))
            self.makes.add(f"ALTER {kind} {quote_name(*name)} RENAME TO {gone}")
            self._rename_type(name, gone)

    def _rename_type(self, old: QualifiedName, new: str) -> None:
        """Let a copy be made by the names that types have when all of them are there."""
        self._of_tables = [
            (table, with_renamed_type(sql, old, new)) for table, sql in self._of_tables
        ]

    def _remember_of_table(self, sql: str, table: Relation) -> None:
        statement = parser.parse(sql)
        cursor = split.first_statement(sql)
        if isinstance(statement, statements.CreateIndex):
            self.indexes[table.schema, catalog_name(statement.name)] = table
            kind = "UNIQUE INDEX" if statement.unique else "INDEX"
            create = f"CREATE {kind} {statement.name} ON {probe_table.PROBE_TABLE} {statement.rest}"
            self._of_tables.append((table.oid, create))
        elif cursor.accept_any(*_ABOUT_TABLE):
            self._of_tables.append((table.oid, sql))
        elif cursor.peek("TRUNCATE"):
            self.emptied.add(table.oid)
        elif cursor.accept("ALTER", "TABLE") and not _RENAME_OR_MOVE.match(alter_action(sql)):
            action = probe_table.columns_of_probe(alter_action(sql), table)
            self._of_tables.append((table.oid, f"ALTER TABLE {probe_table.PROBE_TABLE} {action}"))
            cursor.altered_table()
            for one in Cursor(sql, cursor.remaining()).split_commas():
                self.dropped += dropped_by_action(one, table.oid)
            self._remember_renamed_column(cursor, table)

    def _remember_renamed_column(self, cursor: Cursor, table: Relation) -> None:
        if cursor.accept("RENAME", "COLUMN") or (
            cursor.accept("RENAME") and not cursor.peek("CONSTRAINT")
        ):
            old = cursor.identifier()
            if cursor.accept("TO"):
                before = self.columns.pop((table.oid, old), old)
                self.columns[table.oid, cursor.identifier()] = before

    def for_copy(self, table: Relation) -> list[str]:
        """Return what lets an empty copy of a table be as the next statement meets the table."""
        names = self._names_of(table)
        found = [sql if "pg_temp." in sql else _on_copy(sql, names) for sql in self.about(table)]
        for number, query in enumerate(self._views_of(table)):
            view = f"CREATE TEMPORARY VIEW ddl_probe_{number}"
            found.append(f"{view} AS {_on_copy(query.whole_text(), names)}")
        return found

    def _names_of(self, table: Relation) -> set[str]:
        return {table.name, self.name_before(table)[1]}

    def about(self, table: Relation) -> Iterator[str]:
        """Yield the statements about a table, and those that may be."""
        yield from (sql for oid, sql in self._of_tables if oid in (table.oid, _ANY_TABLE))

    def _views_of(self, table: Relation) -> Iterator[Cursor]:
        """Yield the queries of views that name a table."""
        names = self._names_of(table)
        for query in self.views.values():
            if names & {token.identifier for token in query.tokens}:
                yield query

    def name_before(self, table: Relation) -> QualifiedName:
        """Return what a table was called before the plan."""
        said = table.schema, table.name
        return self.renamed.get(said, said)

    def under_new_name(self, found: Relation) -> Relation:
        """Return a table by the name that the statements so far have given it."""
        for new, old in self.renamed.items():
            if old == (found.schema, found.name):
                in_path = found.display_name in {found.name, quote_name(found.name)}
                label = quote_name(new[1]) if in_path else quote_name(*new)
                return replace(found, schema=new[0], name=new[1], display_name=label)
        return found

    def as_before(self, sql: str) -> str:
        """Return a statement with the names that tables and columns had before the plan."""
        names = {new[1]: quote_name(*old) for new, old in self.renamed.items()}
        columns = {new: quote_name(old) for (_, new), old in self.columns.items()}
        found, parts, end = tokenize(sql), [], 0
        for at, token in enumerate(found) if names or columns else ():
            start, name = token.start, columns.get(token.identifier, "")
            if token.identifier in names:
                name = names[token.identifier]
                if at > 1 and found[at - 1].text == "." and found[at - 2].identifier:
                    start = found[at - 2].start
            if name and start >= end:
                parts += [sql[end:start], name]
                end = token.end
        return "".join([*parts, sql[end:]])

    def changes(self, table: Relation) -> bool:
        """Return whether a statement so far is about a table."""
        return any(self.about(table)) or any(self._views_of(table))

    def row_security_of(self, table: int) -> list[str]:
        """Return the statements so far that switch row security of a table on or off."""
        return [sql for oid, sql in self._of_tables if oid == table and "SECURITY" in sql.upper()]

    def adds_to(self, table: Relation) -> bool:
        """Return whether one has given a table more than columns: a trigger, a view or the like."""
        added = (sql for sql in self.about(table) if not sql.startswith(("ALTER TABLE", "DROP")))
        return any(added) or any(self._views_of(table))

    def with_known_labels(self, sql: str) -> str:
        """Return a statement whose values of enums are those that they have already."""
        parts, end = [], 0
        for token in tokenize(sql) if self.labels else ():
            known = self.labels.get(unquote_literal(token.text)) if token.kind == "string" else None
            if known is not None:
                parts += [sql[end : token.start], quote_literal(known)]
                end = token.end
        return "".join([*parts, sql[end:]])


def alter_action(sql: str) -> str:
    """Return what follows the name of the table of an ALTER TABLE."""
    cursor = split.first_statement(sql)
    cursor.accept("ALTER", "TABLE")
    cursor.altered_table()
    return sql[cursor.current.start :].rstrip().rstrip(";") if cursor.current else ""


def _on_copy(sql: str, names: set[str]) -> str:
    """Return a statement about a copy in place of a table. names: how it calls the table."""
    found, parts, end = tokenize(sql), [], 0
    for at, token in enumerate(found):
        if token.identifier not in names:
            continue
        qualified = at > 1 and found[at - 1].text == "." and bool(found[at - 2].identifier)
        qualifies = found[at + 1 : at + 2] and found[at + 1].text == "."
        start = found[at - 2].start if qualified else token.start
        if start < end or (qualified and found[at - 2].identifier in {"new", "old"}):
            continue
        parts += [sql[end:start], "ddl_probe" if qualifies else probe_table.PROBE_TABLE]
        end = token.end
    return "".join([*parts, sql[end:]])
