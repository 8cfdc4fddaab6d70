"""The online forms as static SQL, for psql: nothing can be asked, so every step is written down.

Tables that the same script creates need no care; all others are taken for tables with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.compare.names import literal, quoted
from ddl.online import parser, shapes, unique
from ddl.online.lexer import tokens
from ddl.online.names import ours, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

# How many pages a batch has where its time cannot be measured.
_PAGES = 500

# Changes rows a few pages at a time, until none is left.
_BLOCK = """\
DO $ddl$
DECLARE
  leaf regclass; first bigint; changed bigint; total bigint; before bigint;
  statement text := @statement@;
BEGIN
  FOREACH leaf IN ARRAY ARRAY(
    WITH RECURSIVE tree AS (
      SELECT @table@::regclass::oid AS oid
      UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
    SELECT oid::regclass FROM tree JOIN pg_class USING (oid) WHERE relkind = 'r')
  LOOP
    before := NULL;
    LOOP
      total := 0;
      first := 0;
      WHILE first * current_setting('block_size')::bigint < pg_relation_size(leaf) LOOP
        EXECUTE replace(replace(replace(statement, '@leaf@', leaf::text),
          '@first@', first::text), '@last@', (first + @pages@)::text);
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
        first := first + @pages@;
        COMMIT;
      END LOOP;
      EXIT WHEN total = 0;
      IF total >= before THEN
        RAISE 'the WHERE still finds % rows when all are done', total;
      END IF;
      before := total;
    END LOOP;
  END LOOP;
END
$ddl$"""


class Script:
    """The tables that a script has created so far."""

    def __init__(self) -> None:
        self.created: set[str] = set()

    def steps(self, sql: str, *, asked: bool) -> list[list[str]] | None:
        """Return the steps of a statement, None when it stays as it is.

        A step is a list of statements: one transaction, or a single statement outside of any
        whose list begins with an empty text. asked: whether the revision wants batches.
        """
        words = [token.keyword for token in tokens(sql)[:4]]
        if "TABLE" in words and words[0] == "CREATE":
            self.created.add(_created(sql))
            return None
        shape = parser.parse(sql)
        if shape is None or _plain(shape.table) in self.created:
            return None
        if isinstance(shape, shapes.Retype):
            return [[f"-- PostgreSQL may write all of {shape.table} anew for this.\n{sql}"]]
        return list(_steps(shape, asked=asked)) or None


def _created(sql: str) -> str:
    found = tokens(sql)
    at = next(n for n, token in enumerate(found) if token.keyword == "TABLE") + 1
    if [token.keyword for token in found[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    end = at
    while end + 1 < len(found) and found[end + 1].text == ".":
        end += 2
    return _plain(sql[found[at].start : found[end].end])


def _plain(name: str) -> str:
    """Return a table's name without its default schema, always written alike."""
    parts = [token.identifier for token in tokens(name) if token.identifier]
    return ".".join(parts[1:] if parts[:1] == ["public"] and len(parts) > 1 else parts)


def _steps(shape: shapes.Shape, *, asked: bool) -> Iterator[list[str]]:
    if isinstance(shape, shapes.CreateIndex):
        kind = "UNIQUE INDEX" if shape.unique else "INDEX"
        name = f"IF NOT EXISTS {shape.name}" if shape.there_ok else shape.name
        yield ["", f"CREATE {kind} CONCURRENTLY {name} ON {shape.table} {shape.rest}"]
    elif isinstance(shape, shapes.DropIndex):
        there = "IF EXISTS " if shape.missing_ok else ""
        yield ["", f"DROP INDEX CONCURRENTLY {there}{shape.name}"]
    elif isinstance(shape, shapes.AddConstraint) and shape.name:
        yield from _constraint(shape)
    elif isinstance(shape, shapes.SetNotNull):
        yield from _not_null(shape.table, shape.column)
    elif isinstance(shape, shapes.AddValue):
        there = "IF NOT EXISTS " if shape.there_ok else ""
        yield ["", f"ALTER TYPE {shape.table} ADD VALUE {there}{shape.value}"]
    elif isinstance(shape, shapes.Change) and shape.condition and (asked or shape.fills):
        yield ["", _batches(shape)]


def _constraint(shape: shapes.AddConstraint) -> Iterator[list[str]]:
    alter = f"ALTER TABLE {shape.table}"
    if shape.kind in {"CHECK", "FOREIGN"}:
        yield [f"{alter} ADD CONSTRAINT {shape.name} {shape.body} NOT VALID"]
        yield [f"{alter} VALIDATE CONSTRAINT {shape.name}"]
    elif shape.kind in {"UNIQUE", "PRIMARY"} and unique.possible(shape):
        body = unique.read(shape.body)
        kind = "UNIQUE"
        if shape.kind == "PRIMARY":
            kind = "PRIMARY KEY"
            for token in tokens(body.columns)[1:-1:2]:
                yield from _not_null(shape.table, token.text)
        yield ["", f"CREATE UNIQUE INDEX CONCURRENTLY {shape.name} ON {shape.table} {body.index}"]
        using = f"{kind} USING INDEX {shape.name} {body.deferring}".rstrip()
        yield [f"{alter} ADD CONSTRAINT {shape.name} {using}"]


def _not_null(table: str, column: str) -> Iterator[list[str]]:
    """Yield the steps that every version of PostgreSQL knows: by way of a CHECK."""
    alter, helper = f"ALTER TABLE {table}", quoted(ours(unquoted(column), "not_null"))
    yield [f"{alter} ADD CONSTRAINT {helper} CHECK ({column} IS NOT NULL) NOT VALID"]
    yield [f"{alter} VALIDATE CONSTRAINT {helper}"]
    yield [f"{alter} ALTER COLUMN {column} SET NOT NULL", f"{alter} DROP CONSTRAINT {helper}"]


def _batches(shape: shapes.Change) -> str:
    """Return what changes rows in batches, each committed."""
    place = f"{shape.alias}.ctid"
    statement = literal(
        f"{shape.verb} ONLY @leaf@ AS {shape.alias} {shape.body} "
        f"WHERE {place} >= '(@first@,0)'::tid AND {place} < '(@last@,0)'::tid "
        f"AND ({shape.condition})"
    )
    block = _BLOCK.replace("@pages@", str(_PAGES)).replace("@table@", literal(shape.table))
    tag = "ddl"
    while f"${tag}$" in statement:
        tag += "_"
    return block.replace("$ddl$", f"${tag}$").replace("@statement@", statement)
