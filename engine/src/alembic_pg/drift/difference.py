"""List what is missing, extra or changed in a database, an object or column a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alembic_pg.autogenerate.dump import compare, kinds, table_definition
from alembic_pg.autogenerate.dump.label import part_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

Change = Literal["missing", "extra", "changed"]

_COLUMN = "column"
# What goes with the table, view or sequence that it belongs to.
PARTS = kinds.PARTS | (kinds.TABLE_PARTS - {"TABLE"}) | {"CHECK CONSTRAINT", "STATISTICS"}

# What hurts most comes first: what the application reads and writes, then what keeps rows right,
# then who may see them, then how fast it is, then words.
_BY_HARM = (
    ("table", _COLUMN, "type", "domain", "view", "materialized view", "function", "procedure"),
    ("constraint", "check constraint", "foreign key", "trigger", "rule", "default", "sequence"),
    ("policy", "row level security", "grants", "default privileges", "owner"),
    ("index", "statistics"),
)
# What a person calls a kind for which pg_dump has a word of its own.
KIND_WORDS = {
    "fk constraint": "foreign key",
    "acl": "grants",
    "default acl": "default privileges",
    "row security": "row level security",
}
_CHANGES: tuple[Change, ...] = ("missing", "changed", "extra")


@dataclass(frozen=True)
class Difference:
    """Hold one object that a database has otherwise than the revisions build it.

    change: "missing" from the database, "extra" there, or "changed".
    kind: in a person's words, most of them pg_dump's in small letters; "column".
    schema, name: of the object; a part's name begins with its table's.
    label: what a person calls the object.
    expected: the definition that the revisions build, "" for what is extra.
    found: the definition that the database has, "" for what is missing.
    key: of the entry of a dump that differs: a column has its table's.
    """

    change: Change
    kind: str
    schema: str
    name: str
    label: str
    expected: str
    found: str
    key: str = ""


def list_differences(expected: Dump, found: Dump) -> list[Difference]:
    """Return what differs, what hurts most first.

    expected: the dump of what the revisions build. found: that of the database. What belongs to
    a table, view or sequence that is missing or extra goes with it, and is not told by itself.
    """
    keys = [
        key
        for key in compare.differing_keys(expected, found)
        if key not in compare.ADMINISTRATORS_KEYS
    ]
    gone = without_parts([key for key in keys if key not in found], expected)
    added = without_parts([key for key in keys if key not in expected], found)
    changed = [
        change
        for key in keys
        if key in expected and key in found
        for change in _changes(expected[key], found[key])
    ]
    columns = {
        f"COLUMN {one.name}" for one in changed if one.kind == _COLUMN and one.change != "changed"
    }
    differences = [
        *changed,
        *(_difference("missing", expected[key], None) for key in gone),
        *(_difference("extra", None, found[key]) for key in added),
    ]
    return by_harm(one for one in differences if one.name not in columns)


def by_harm(differences: Iterable[Difference]) -> list[Difference]:
    """Return differences in the order in which they are told, what hurts most first."""
    return sorted(differences, key=_harm)


def extra_object(entry: Entry) -> Difference:
    """Return what is told of an object that the revisions do not build."""
    return _difference("extra", None, entry)


def without_parts(keys: Sequence[str], dump: Dump) -> list[str]:
    """Return the keys without those of what belongs to another one of them, in their order."""
    every = frozenset(keys)
    return [key for key in keys if dump[key].kind not in PARTS or every.isdisjoint(dump[key].needs)]


def _changes(expected: Entry, found: Entry) -> Iterator[Difference]:
    """Yield what differs in an object that both have: a table's columns one by one."""
    told = list(_column_changes(expected, found)) if expected.kind == "TABLE" else []
    yield from told
    if not told:
        yield _difference("changed", expected, found)


def _column_changes(expected: Entry, found: Entry) -> Iterator[Difference]:
    before, after = (_columns(entry) for entry in (expected, found))
    for name in {**before, **after}:
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            change: Change = "missing" if not new else "changed" if old else "extra"
            column = f"{expected.name}.{name}"
            label = part_label(_COLUMN, expected.schema, expected.name, name)
            yield Difference(
                change, _COLUMN, expected.schema, column, label, old, new, expected.key
            )
    if _beside_columns(expected) != _beside_columns(found):
        yield _difference("changed", expected, found)


def _columns(entry: Entry) -> dict[str, str]:
    columns = table_definition.entry_columns(entry)
    return {
        table_definition.unquote_name(name): table_definition.column_definition(column)
        for name, column in columns.items()
    }


def _beside_columns(entry: Entry) -> tuple[object, ...]:
    """Return what a table's definition says beside its columns."""
    table = table_definition.parse_entry(entry)
    if table is None:
        return (entry.text,)
    return table.unlogged, table.constraints, table.options, table.alter_statements


def _difference(change: Change, expected: Entry | None, found: Entry | None) -> Difference:
    entry = expected or found
    assert entry is not None  # noqa: S101  # one of both is given
    return Difference(
        change,
        KIND_WORDS.get(entry.kind.lower(), entry.kind.lower()),
        entry.schema,
        entry.name,
        entry.label,
        expected.create if expected else "",
        found.create if found else "",
        entry.key,
    )


def _harm(difference: Difference) -> tuple[int, int, str]:
    """Return what a difference is sorted by."""
    group = next(
        (place for place, group in enumerate(_BY_HARM) if difference.kind in group), len(_BY_HARM)
    )
    return _CHANGES.index(difference.change), group, difference.label
