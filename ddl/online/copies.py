"""What hangs on a column, made a second time for the column that replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ddl.compare.names import quoted
from ddl.online import index, validated
from ddl.online.lexer import tokens
from ddl.online.names import MARK, ours, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Row

    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner
    from ddl.online.shadow import Shadow

_INDEXES = """
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, i.indisunique AS unique,
  k.conname AS constraint, k.contype AS kind, i.indisreplident OR i.indisclustered AS marked,
  CASE WHEN k.condeferrable THEN 'DEFERRABLE' || CASE WHEN k.condeferred
    THEN ' INITIALLY DEFERRED' ELSE '' END ELSE '' END AS deferring,
  (SELECT ' TABLESPACE ' || quote_ident(spcname) FROM pg_tablespace AS s
    WHERE s.oid = c.reltablespace) AS tablespace,
  obj_description(i.indexrelid, 'pg_class') AS comment
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
    AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = :table AND (:number = ANY (i.indkey) OR EXISTS (
  SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = i.indexrelid
    AND refclassid = 'pg_class'::regclass AND refobjid = i.indrelid AND refobjsubid = :number))
ORDER BY c.relname
"""

_CONSTRAINTS = """
SELECT conname AS name, contype AS kind, conrelid::regclass::text AS on, convalidated AS valid,
  pg_get_constraintdef(oid) AS definition, conrelid = :table AS own,
  confrelid::regclass::text AS other, confrelid = :table AS to_us,
  :number = ANY (conkey) AS from_column, :number = ANY (confkey) AS to_column,
  (SELECT relkind FROM pg_class WHERE pg_class.oid = conrelid) AS relation,
  obj_description(oid, 'pg_constraint') AS comment
FROM pg_constraint
WHERE conparentid = 0 AND (
  conrelid = :table AND :number = ANY (conkey) AND contype IN ('c', 'f')
  OR confrelid = :table AND :number = ANY (confkey) AND contype = 'f')
ORDER BY contype, conname
"""


@dataclass(frozen=True)
class Parts:
    """The indexes of a column, with the constraints that they hold, and its CHECKs and keys."""

    indexes: Sequence[Row[Any]]
    constraints: Sequence[Row[Any]]

    def tables(self) -> list[str]:
        """Return the other tables that are part of it."""
        return sorted({part.on for part in self.constraints if not part.own})

    def relations(self, runner: Runner) -> Iterator[Relation]:
        """Yield the tables at both ends of its foreign keys, which PostgreSQL would read."""
        ends = {part.on for part in self.constraints} | {part.other for part in self.constraints}
        for name in sorted(ends - {"-"}):
            if table := runner.find(name):
                yield table


def of(runner: Runner, table: Relation, number: int) -> Parts:
    """Return what hangs on a column, by its number; copies for another one are left out."""
    found = _all(runner, table, number)
    return Parts(
        [part for part in found.indexes if MARK not in part.name],
        [part for part in found.constraints if MARK not in part.name],
    )


def entangled(runner: Runner, table: Relation, number: int) -> bool:
    """Return whether copies for another column hang on this one, too."""
    return _all(runner, table, number) != of(runner, table, number)


def _all(runner: Runner, table: Relation, number: int) -> Parts:
    return Parts(
        runner.rows(_INDEXES, table=table.oid, number=number),
        runner.rows(_CONSTRAINTS, table=table.oid, number=number),
    )


def make(runner: Runner, shadow: Shadow, parts: Parts) -> None:
    """Make every part for the new column, under a name of ours, unless it is there."""
    for part in parts.indexes:
        rest = part.definition.partition(" USING ")[2]
        rest = f"USING {_renamed(rest, shadow)}"
        place, where, predicate = rest.partition(" WHERE ")
        rest = f"{place}{part.tablespace or ''}{where}{predicate}"
        name = quoted(ours(part.name, "new"))
        index.ensure(runner, shadow.table, name, unique=part.unique, rest=rest)
    for part in parts.constraints:
        table = runner.find(part.on)
        assert table is not None, "the catalog has just named it"  # noqa: S101
        name = ours(part.name, "new")
        if not validated.exists(runner, table, quoted(name)):
            definition = _constraint(part, shadow)
            runner.step(
                f"ALTER TABLE {part.on} ADD CONSTRAINT {quoted(name)} {definition} NOT VALID"
            )
        if part.valid:
            validated.validate(runner, table, name)


def _constraint(part: Row[Any], shadow: Shadow) -> str:
    """Return a constraint's definition for the new column."""
    definition = part.definition.removesuffix(" NOT VALID")
    if part.kind == "c":
        return _renamed(definition, shadow)
    own, word, rest = definition.partition(" REFERENCES ")
    others, bracket, actions = rest.partition(")")
    if part.own and part.from_column:
        own, actions = _renamed(own, shadow), _renamed(actions, shadow)
    if part.to_us and part.to_column:
        table, opened, columns = others.rpartition("(")
        others = f"{table}{opened}{_renamed(columns, shadow)}"
    return f"{own}{word}{others}{bracket}{actions}"


def _renamed(text: str, shadow: Shadow) -> str:
    """Return SQL in which a column has its new name."""
    found, wanted = tokens(text), unquoted(shadow.column)
    parts, end = [], 0
    for at, token in enumerate(found):
        before = found[at - 1].text if at else ""
        after = found[at + 1].text if at + 1 < len(found) else ""
        if token.identifier != wanted or before in {":", "."} or after in {"(", "."}:
            continue
        parts += [text[end : token.start], shadow.name]
        end = token.end
    return "".join([*parts, text[end:]])
