"""Refuse a long step while something is missing that the revision takes away and gives back later.

A long step commits what was done before it. Others would then meet a database without the view,
the default or the privilege, until the revision comes to what gives it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.online.run import large_tables
from alembic_pg.refusals import of_statements
from alembic_pg.sql import split
from alembic_pg.sql.quoting import object_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.cursor import Cursor, QualifiedName

_RELATION = "relation"

# What may stand after DROP and CREATE, and what it is a kind of.
_KINDS = {
    "MATERIALIZED VIEW": _RELATION,
    "FOREIGN TABLE": _RELATION,
    "VIEW": _RELATION,
    "TABLE": _RELATION,
    "SEQUENCE": "sequence",
    "FUNCTION": "function",
    "PROCEDURE": "procedure",
    "AGGREGATE": "aggregate",
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "RULE": "rule",
    "TYPE": "type",
    "DOMAIN": "type",
}

_ON_RELATION = {"trigger", "policy", "rule"}

# Of an ALTER TABLE: what takes a part away, what gives it back, and what the part is called.
_OF_TABLE = (
    (("DISABLE ROW LEVEL SECURITY",), ("ENABLE ROW LEVEL SECURITY",), "row level security"),
    (("DETACH PARTITION",), ("ATTACH PARTITION",), "partition"),
    (
        ("DISABLE TRIGGER",),
        ("ENABLE TRIGGER", "ENABLE ALWAYS TRIGGER", "ENABLE REPLICA TRIGGER"),
        "trigger",
    ),
)
_OF_COLUMN = (
    (("DROP DEFAULT",), ("SET DEFAULT",), "default"),
    (("DROP IDENTITY",), ("ADD GENERATED",), "identity"),
)

_GRANTED_ON = (
    *("TABLE", "SEQUENCE", "FUNCTION", "PROCEDURE", "ROUTINE", "SCHEMA", "TYPE", "DOMAIN"),
    *("DATABASE", "LANGUAGE", "FOREIGN SERVER", "FOREIGN DATA WRAPPER"),
    *("ALL TABLES IN SCHEMA", "ALL SEQUENCES IN SCHEMA", "ALL FUNCTIONS IN SCHEMA"),
)

# What makes a view or the like whole again.
_BELONGS = (
    *("GRANT", "COMMENT", "ALTER VIEW", "CREATE TRIGGER", "CREATE OR REPLACE TRIGGER"),
    *("CREATE RULE", "CREATE OR REPLACE RULE"),
)

_ALTERED = ("ALTER TABLE", "ALTER VIEW", "ALTER MATERIALIZED VIEW", "ALTER FOREIGN TABLE")

_WORDS = {
    "default": "the default of {name}.{part}",
    "identity": "the identity of {name}.{part}",
    "privileges": "what {part} may do with {name}",
    "table": "the table {part} in publication {name}",
    "row level security": "the row level security of {name}",
}


@dataclass(frozen=True)
class Thing:
    """What others use.

    kind: what it is. name: its own, or its table's; the schema is "" where none is written. part:
    what of it, or "".
    """

    kind: str
    name: QualifiedName
    part: str = ""

    @property
    def label(self) -> str:
        """Its name for a person."""
        name = _label(self.name)
        words = _WORDS.get(self.kind, "{name}" if not self.part else "{kind} {part} of {name}")
        return words.format(kind=self.kind, name=name, part=self.part)

    def is_same(self, other: Thing) -> bool:
        """Return whether both may be one: a name without a schema may be that of any."""
        schemas = {self.name[0], other.name[0]}
        return (self.kind, self.name[1], self.part) == (other.kind, other.name[1], other.part) and (
            len(schemas) == 1 or "" in schemas
        )


def _label(name: QualifiedName) -> str:
    return object_label((name[0] or "public", name[1]))


def _cursor(sql: str) -> Cursor:
    """Return a cursor whose names have the schema that is written, or ""."""
    cursor = split.first_statement(sql)
    cursor.default_schema = ""
    return cursor


def refuse_missing_objects(runner: Runner, table: Relation) -> None:
    """Raise RefusedError where something would be missing while a large table's step lasts."""
    if large_tables.is_large(runner, table) and (name := next(recreated_later(runner), "")):
        large_tables.refuse_if_large(runner, table, of_statements.MISSING_OBJECT, name=name)


def recreated_later(runner: Runner) -> Iterator[str]:
    """Yield the names of what the open transaction took away, and the revision gives back later."""
    yield from find_recreated(runner.executed, runner.revision_texts, runner.cascades)


def is_missing(runner: Runner) -> bool:
    """Return whether the open transaction took something away that is given back later."""
    return any(recreated_later(runner))


def statements_until_back(runner: Runner, sql: str) -> Sequence[str]:
    """Return the statements after one up to the last that gives back what is missing at it."""
    every = runner.revision_statements()
    after = every[every.index(sql) + 1 :] if sql in every else ()
    missing = _gone(runner.executed, runner.cascades)
    backs = [
        place
        for place, one in enumerate(after)
        if any(thing.is_same(back) for back in given_back(one) for thing in missing)
    ]
    return after[: backs[-1] + 1] if backs else ()


def goes_with_given_back(runner: Runner, sql: str) -> bool:
    """Return whether a statement comes before what is given back is whole: its privileges, say."""
    return bool(split.first_statement(sql).accept_any(*_BELONGS)) or is_missing(runner)


def statements_before(runner: Runner, sql: str) -> Sequence[str]:
    """Return the statements of the revision before one, in transactions that are over, too.

    Those of the open transaction are returned where the others are not known.
    """
    every = runner.revision_statements()
    return every[: every.index(sql)] if sql in every else runner.executed


def find_recreated(
    said: Iterable[str],
    revision_texts: Callable[[], Sequence[str]],
    cascades: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """Yield the names of what statements take away, and their revision gives back later.

    revision_texts: returns its statements; of one that asks a database, what may be some of them.
    cascades: as OpenTransaction has them.
    """
    gone = _gone(said, cascades)
    if gone:
        every = revision_texts()
        yield from (
            thing.label
            for thing, sql in gone.items()
            if any(map(thing.is_same, _given_after(every, sql)))
        )


def _gone(said: Iterable[str], cascades: Mapping[str, Sequence[str]]) -> dict[Thing, str]:
    """Return what statements leave away, each with the statement that took it."""
    gone: dict[Thing, str] = {}
    for sql in said:
        for part in (*cascades.get(sql, ()), *statement_parts(sql)):
            gone |= dict.fromkeys(taken_away(part), sql)
            for back in given_back(part) if gone else ():
                gone = {thing: one for thing, one in gone.items() if not thing.is_same(back)}
    return gone


def statement_parts(sql: str) -> Sequence[str]:
    """Return the statements of a text, and of its DO blocks."""
    if ";" not in sql.rstrip().removesuffix(";"):
        return [sql]
    from alembic_pg.sql import plpgsql  # noqa: PLC0415  # rare

    return plpgsql.all_statements(sql)


def _given_after(every: Sequence[str], sql: str) -> set[Thing]:
    """Return what the statements of a revision give back after one of them."""
    last = max((place for place, one in enumerate(every) if one == sql), default=-1)
    after = (part for one in every[last + 1 :] for part in statement_parts(one))
    return {thing for part in after for thing in given_back(part)}


def taken_away(sql: str) -> list[Thing]:
    """Return what a statement takes away."""
    cursor = _cursor(sql)
    if cursor.accept("DROP"):
        kind = cursor.accept_any(*_KINDS)
        cursor.accept("IF", "EXISTS")
        if _KINDS.get(kind) in _ON_RELATION:
            return [*_on_relation(kind, cursor)]
        parts = cursor.split_commas() if kind else ()
        return [Thing(_KINDS[kind], part.qualified_name()) for part in parts]
    if cursor.accept("REVOKE"):
        return [*_privileges(cursor, "FROM")]
    if cursor.accept("ALTER", "PUBLICATION"):
        return [*_published(cursor, "DROP")]
    return [*_altered(cursor, gives=False)]


def given_back(sql: str) -> list[Thing]:
    """Return what a statement makes, or gives."""
    cursor = _cursor(sql)
    if cursor.accept("CREATE"):
        cursor.accept("OR", "REPLACE")
        cursor.accept_any("RECURSIVE", "CONSTRAINT", "UNLOGGED")
        kind = cursor.accept_any(*_KINDS)
        cursor.accept("IF", "NOT", "EXISTS")
        if _KINDS.get(kind) in _ON_RELATION:
            return [*_on_relation(kind, cursor)]
        return [Thing(_KINDS[kind], cursor.qualified_name())] if kind else []
    if cursor.accept("GRANT"):
        return [*_privileges(cursor, "TO")]
    if cursor.accept("ALTER", "PUBLICATION"):
        return [*_published(cursor, "ADD")]
    return [*_altered(cursor, gives=True)]


def _on_relation(kind: str, cursor: Cursor) -> Iterator[Thing]:
    """Yield the trigger, policy or rule that a statement names, with its table or view."""
    name = cursor.identifier()
    rule = kind == "RULE" and cursor.accept("AS", "ON")  # CREATE RULE … AS ON event TO table
    place = cursor.find("TO" if rule else "ON")
    if place is not None:
        cursor.position = place + 1
        yield Thing(_KINDS[kind], cursor.qualified_name(), name)


def _privileges(cursor: Cursor, word: str) -> Iterator[Thing]:
    """Yield the privileges of each role on an object. word: what stands before the roles."""
    start, end = cursor.find("ON"), cursor.find(word)
    if start is None or end is None or start > end:
        return
    cursor.position = start + 1
    cursor.accept_any(*_GRANTED_ON)
    on = cursor.qualified_name()
    cursor.position = end + 1
    for role in cursor.split_commas():
        yield Thing("privileges", on, role.identifier())


def _published(cursor: Cursor, verb: str) -> Iterator[Thing]:
    """Yield the tables that a publication gets or loses."""
    publication = ("public", cursor.identifier())
    if cursor.accept(verb, "TABLE"):
        for part in cursor.split_commas():
            part.accept("ONLY")
            yield Thing("table", publication, _label(part.qualified_name()))


def _altered(cursor: Cursor, *, gives: bool) -> Iterator[Thing]:
    if not cursor.accept_any(*_ALTERED):
        return
    table = cursor.altered_table()
    if cursor.accept("RENAME", "TO"):
        yield Thing(_RELATION, (table[0], cursor.identifier()) if gives else table)
        return
    for action in cursor.split_commas():
        for phrases in _OF_TABLE:
            if action.accept_any(*phrases[gives]):
                yield _of_table(phrases[2], table, action)
        if action.accept("ALTER"):
            action.accept("COLUMN")
            column = action.identifier()
            for phrases in _OF_COLUMN:
                if action.accept_any(*phrases[gives]):
                    yield Thing(phrases[2], table, column)


def _of_table(kind: str, table: QualifiedName, action: Cursor) -> Thing:
    if kind == "partition":
        return Thing(_RELATION, action.qualified_name())
    return Thing(kind, table, action.identifier())
