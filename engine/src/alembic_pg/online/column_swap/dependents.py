"""List the indexes and constraints of a column, and build copies of them for its shadow column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.online.ensure import constraint, index
from alembic_pg.online.run import probe_table
from alembic_pg.online.run.helper_names import IS_SHADOW_COLUMN, catalog_name
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Row

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.column_swap.shadow_column import ShadowColumn
    from alembic_pg.online.run.revision_runner import Runner

_INDEXES = f"""
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, i.indisunique AS unique,
  k.conname AS constraint, k.contype AS kind, i.indisreplident OR i.indisclustered AS marked,
  CASE WHEN k.condeferrable THEN 'DEFERRABLE' || CASE WHEN k.condeferred
    THEN ' INITIALLY DEFERRED' ELSE '' END ELSE '' END AS deferring,
  (SELECT ' TABLESPACE ' || quote_ident(spcname) FROM pg_tablespace AS s
    WHERE s.oid = c.reltablespace) AS tablespace,
  obj_description(i.indexrelid, 'pg_class') AS comment,
  obj_description(k.oid, 'pg_constraint') AS constraint_comment,
  ARRAY(SELECT attnum || ' SET STATISTICS ' || attstattarget FROM pg_attribute
    WHERE attrelid = i.indexrelid AND attstattarget >= 0) AS targets,
  EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND {IS_SHADOW_COLUMN}
    AND (a.attnum = ANY (i.indkey) OR EXISTS (
      SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = i.indexrelid
        AND refclassid = 'pg_class'::regclass AND refobjid = i.indrelid
        AND refobjsubid = a.attnum))) AS copy
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
    AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = :table AND (:number = ANY (i.indkey) OR EXISTS (
  SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = i.indexrelid
    AND refclassid = 'pg_class'::regclass AND refobjid = i.indrelid AND refobjsubid = :number))
ORDER BY c.relname
"""  # noqa: S608  # it is ours

_CONSTRAINTS = f"""
SELECT conname AS name, contype AS kind, conrelid::regclass::text AS on, convalidated AS valid,
  pg_get_constraintdef(oid) AS definition, conrelid = :table AS own,
  confrelid::regclass::text AS other, confrelid = :table AS to_us,
  :number = ANY (conkey) AS from_column, :number = ANY (confkey) AS to_column,
  (SELECT relkind FROM pg_class WHERE pg_class.oid = conrelid) AS relation,
  obj_description(oid, 'pg_constraint') AS comment,
  EXISTS (SELECT FROM pg_attribute AS a WHERE {IS_SHADOW_COLUMN} AND (
    a.attrelid = conrelid AND a.attnum = ANY (conkey)
    OR a.attrelid = confrelid AND a.attnum = ANY (confkey))) AS copy
FROM pg_constraint
WHERE conparentid = 0 AND (
  conrelid = :table AND :number = ANY (conkey) AND contype IN ('c', 'f')
  OR confrelid = :table AND :number = ANY (confkey) AND contype = 'f')
ORDER BY contype, conname
"""  # noqa: S608  # it is ours


# The indexes and constraints of a column and of others, foreign keys of both ends.
SHARED_PARTS = """
SELECT coalesce(contype = 'f', false) AS foreign,
  'constraint ' || conrelid || '.' || conname AS constraint
FROM pg_attribute AS own JOIN pg_depend AS d
    ON d.refobjid = own.attrelid AND d.refobjsubid = own.attnum
  JOIN pg_depend AS o USING (classid, objid)
  JOIN pg_attribute AS a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
  LEFT JOIN pg_constraint AS k ON classid = 'pg_constraint'::regclass AND k.oid = objid
WHERE classid IN ('pg_class'::regclass, 'pg_constraint'::regclass)
  AND own.attrelid = :table AND own.attname = :column
  AND d.refclassid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
  AND (a.attrelid || '.' || a.attname) = ANY (:swapped)
"""


@dataclass(frozen=True)
class Dependents:
    """The indexes of a column, with the constraints that they hold, and its CHECKs and keys."""

    indexes: Sequence[Row[Any]]
    constraints: Sequence[Row[Any]]

    def other_tables(self) -> list[str]:
        """Return the other tables that are part of it."""
        return sorted({part.on for part in self.constraints if not part.own})

    def foreign_key_ends(self, runner: Runner) -> Iterator[Relation]:
        """Yield the tables at both ends of its foreign keys, which PostgreSQL would read."""
        ends = {part.on for part in self.constraints} | {part.other for part in self.constraints}
        for name in sorted(ends - {"-"}):
            if table := runner.find_relation(name):
                yield table


def column_dependents(runner: Runner, table: Relation, number: int) -> Dependents:
    """Return what hangs on a column, by its number; copies for another one are left out."""
    found = _all_dependents(runner, table, number)
    return Dependents(
        [part for part in found.indexes if not part.copy],
        [part for part in found.constraints if not part.copy],
    )


def goes_with_swapped(runner: Runner, table: Relation, column: str) -> bool:
    """Return whether a column can be swapped in the transaction in which others were.

    An index, CHECK or foreign key of two of them would need a copy for each order of the swaps.
    """
    swapped = [f"{oid}.{name}" for oid, name in runner.swapped_columns]
    known = {"table": table.oid, "column": column, "swapped": swapped}
    return not (swapped and runner.fetch_rows(SHARED_PARTS, **known))


def has_other_copies(runner: Runner, table: Relation, number: int) -> bool:
    """Return whether copies for another column hang on this one, too."""
    found = _all_dependents(runner, table, number)
    return any(part.copy for part in (*found.indexes, *found.constraints))


def _all_dependents(runner: Runner, table: Relation, number: int) -> Dependents:
    return Dependents(
        runner.fetch_rows(_INDEXES, table=table.oid, number=number),
        runner.fetch_rows(_CONSTRAINTS, table=table.oid, number=number),
    )


def copy_to_shadow(runner: Runner, shadow: ShadowColumn, parts: Dependents) -> None:
    """Make every part for the new column, under a name of ours, unless it is there."""
    for part in parts.indexes:
        rest = _index_definition(runner, shadow, part)
        place, where, predicate = rest.partition(" WHERE ")
        rest = f"{place}{part.tablespace or ''}{where}{predicate}"
        name = quote_name(runner.helpers.name(part.name, "new"))
        index.ensure_index(runner, shadow.table, name, unique=part.unique, rest=rest)
    for part in parts.constraints:
        table = runner.find_relation(part.on)
        assert table is not None, "the catalog has just named it"  # noqa: S101
        name = runner.helpers.name(part.name, "new")
        if not constraint.constraint_exists(runner, table, quote_name(name)):
            definition = _constraint_definition(runner, shadow, part)
            runner.run_short(
                f"ALTER TABLE {part.on} ADD CONSTRAINT {quote_name(name)} {definition} NOT VALID"
            )
        if part.valid:
            constraint.validate_or_drop(runner, table, name)


def _index_definition(runner: Runner, shadow: ShadowColumn, part: Row[Any]) -> str:
    """Return an index's definition for the new column, from USING on."""
    rest = f"USING {part.definition.partition(' USING ')[2]}"
    kind = "UNIQUE INDEX" if part.unique else "INDEX"
    shown = _definition_on_probe(
        runner,
        shadow,
        f"CREATE {kind} ddl_probe_part ON {probe_table.PROBE_TABLE} {rest}",
        "SELECT pg_get_indexdef(to_regclass('pg_temp.ddl_probe_part'))",
    )
    return f"USING {shown.partition(' USING ')[2]}"


def _constraint_definition(runner: Runner, shadow: ShadowColumn, part: Row[Any]) -> str:
    """Return a constraint's definition for the new column."""
    definition = part.definition.removesuffix(" NOT VALID")
    if part.kind == "c":
        return _definition_on_probe(
            runner,
            shadow,
            f"ALTER TABLE {probe_table.PROBE_TABLE} ADD CONSTRAINT ddl_probe_part {definition}",
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ddl_probe_part' "
            "AND conrelid = to_regclass('pg_temp.ddl_probe')",
        )
    spelt = runner.first_value("SELECT quote_ident(:name)", name=catalog_name(shadow.old_column))
    own, word, rest = definition.partition(" REFERENCES ")
    others, bracket, actions = rest.partition(")")
    if part.own and part.from_column:
        own, actions = (
            _replace_in_brackets(text, spelt, shadow.new_column) for text in (own, actions)
        )
    if part.to_us and part.to_column:
        table, opened, columns = others.rpartition("(")
        columns = _replace_in_brackets(f"{opened}{columns}", spelt, shadow.new_column)
        others = f"{table}{columns}"
    return f"{own}{word}{others}{bracket}{actions}"


def _definition_on_probe(
    runner: Runner, shadow: ShadowColumn, statement: str, question: str
) -> str:
    """Return what the server calls a part of the copy once the column has its new name."""
    with probe_table.empty_copy(runner, shadow.table):
        runner.execute(statement)
        runner.execute(f"ALTER TABLE {probe_table.PROBE_TABLE} DROP COLUMN {shadow.new_column}")
        runner.execute(
            f"ALTER TABLE {probe_table.PROBE_TABLE} "
            f"RENAME COLUMN {shadow.old_column} TO {shadow.new_column}"
        )
        return str(runner.scalar(question))


def _replace_in_brackets(text: str, old: str, new: str) -> str:
    """Return SQL in which a name in brackets, where are only names, is another one."""
    parts, end = [], 0
    for token in tokenize(text):
        if token.depth and token.text == old:
            parts += [text[end : token.start], new]
            end = token.end
    return "".join([*parts, text[end:]])
