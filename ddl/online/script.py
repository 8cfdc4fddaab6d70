"""The online forms as static SQL, for psql: nothing can be asked, so every step is written down.

Tables that the same script creates need no care; all others are taken for tables with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddl.compare.names import quoted
from ddl.online import block, implied, parser, shapes, unique
from ddl.online.lexer import tokens
from ddl.online.names import ours, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ddl.online.settings import Settings

# What a script cannot ask, and so leaves as it is.
_ANEW = "PostgreSQL may write all of {} anew for this, and nobody can use it meanwhile."
_MANY = "This changes many rows of {} at once: whether batches would do the same is to be asked."
_PARTITIONED = (
    "PostgreSQL refuses this for a partitioned table: write the script with -x online=off."
)


class Script:
    """The tables that a script has created so far, and how long it waits."""

    def __init__(self, settings: Settings, own: str = "alembic_version") -> None:
        self.settings = settings
        # Alembic's own table is nobody else's.
        self.created = {_plain(own)}

    def steps(self, sql: str, *, asked: bool) -> list[str] | None:
        """Return the steps of a statement, None when it stays as it is.

        None of them may stand in a transaction. asked: whether the revision wants batches.
        """
        words = [token.keyword for token in tokens(sql)[:4]]
        if "TABLE" in words and words[0] == "CREATE":
            self.created.add(_created(sql))
            return None
        shape = parser.parse(sql)
        if shape is None or _plain(shape.table) in self.created:
            return None
        if isinstance(shape, shapes.Change):
            return list(self._batches(shape, asked=asked)) or None
        return list(self._steps(shape)) or None

    def first(self, sql: str) -> str:
        """Return a statement that stays as it is, and comes first in its transaction.

        One that locks rows waits for them no longer than another session looks for deadlocks: so
        that it is not the other one which PostgreSQL ends.
        """
        shape = parser.parse(sql)
        if isinstance(shape, shapes.Change) and _plain(shape.table) not in self.created:
            return self._short(shape.sql.strip().rstrip(";"))
        return sql

    def _steps(self, shape: shapes.Shape) -> Iterator[str]:
        if _anew(shape):
            yield f"-- {_ANEW.format(shape.table)}\n{shape.sql}"
        elif isinstance(shape, shapes.CreateIndex):
            kind = "UNIQUE INDEX" if shape.unique else "INDEX"
            name = f"IF NOT EXISTS {shape.name}" if shape.there_ok else shape.name
            create = f"CREATE {kind} CONCURRENTLY {name} ON {shape.table} {shape.rest}"
            yield f"-- {_PARTITIONED}\n{create}"
        elif isinstance(shape, shapes.DropIndex):
            there = "IF EXISTS " if shape.missing_ok else ""
            yield f"DROP INDEX CONCURRENTLY {there}{shape.name}"
        elif isinstance(shape, shapes.AddConstraint) and shape.name:
            yield from self._constraint(shape)
        elif isinstance(shape, shapes.SetNotNull):
            yield from self._not_null(shape.table, shape.column)
        elif isinstance(shape, shapes.AddValue):
            there = "IF NOT EXISTS " if shape.there_ok else ""
            yield f"ALTER TYPE {shape.table} ADD VALUE {there}{shape.value}"

    def _constraint(self, shape: shapes.AddConstraint) -> Iterator[str]:
        alter = f"ALTER TABLE {shape.table}"
        if shape.kind in {"CHECK", "FOREIGN"}:
            only = f"ALTER TABLE ONLY {shape.table}" if shape.only else alter
            yield self._short(f"{only} ADD CONSTRAINT {shape.name} {shape.body} NOT VALID")
            yield f"{alter} VALIDATE CONSTRAINT {shape.name}"
        elif shape.kind in {"UNIQUE", "PRIMARY"} and unique.possible(shape):
            body = unique.read(shape.body)
            kind = "UNIQUE"
            if shape.kind == "PRIMARY":
                kind = "PRIMARY KEY"
                for token in tokens(body.columns)[1:-1:2]:
                    yield from self._not_null(shape.table, token.text)
            create = f"CREATE UNIQUE INDEX CONCURRENTLY {shape.name} ON {shape.table} {body.index}"
            yield f"-- {_PARTITIONED}\n{create}"
            using = f"{kind} USING INDEX {shape.name} {body.deferring}".rstrip()
            yield self._short(f"{alter} ADD CONSTRAINT {shape.name} {using}")

    def _not_null(self, table: str, column: str) -> Iterator[str]:
        """Yield the steps that every version of PostgreSQL knows: by way of a CHECK."""
        alter, helper = f"ALTER TABLE {table}", quoted(ours(unquoted(column), "not_null"))
        yield self._short(f"{alter} ADD CONSTRAINT {helper} CHECK ({column} IS NOT NULL) NOT VALID")
        yield f"{alter} VALIDATE CONSTRAINT {helper}"
        yield self._short(
            f"{alter} ALTER COLUMN {column} SET NOT NULL", f"{alter} DROP CONSTRAINT {helper}"
        )

    def _batches(self, shape: shapes.Change, *, asked: bool) -> Iterator[str]:
        if asked and shape.condition:
            yield block.batches(self.settings, shape, "")
        elif shape.fills and implied.simple(shape.value):
            yield block.batches(self.settings, shape, unquoted(shape.fills))
        elif shape.fills:
            yield f"-- {_MANY.format(shape.table)}\n{shape.sql}"

    def _short(self, *statements: str) -> str:
        return block.retried(self.settings, *statements)


def _anew(shape: shapes.Shape) -> bool:
    """Return whether each row may get a value of its own: of a type, a function, a sequence."""
    if not isinstance(shape, shapes.AddColumn):
        return isinstance(shape, shapes.Retype)
    found = tokens(shape.definition)
    words = {token.keyword for token in found}
    default = next((at for at, token in enumerate(found) if token.keyword == "DEFAULT"), len(found))
    calls = any(token.text == "(" for token in found[default:])
    return calls or bool(words & {"GENERATED", "SERIAL", "BIGSERIAL", "SMALLSERIAL"})


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
