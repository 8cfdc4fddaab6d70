"""Model the columns of views, which code of the release before may select by their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import object_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.sql.cursor import Cursor, QualifiedName
    from alembic_pg.sql.lexer import Token

# Before one of these, none of the words that may come before it, a list of columns ends.
_ENDS: dict[str, tuple[str, ...]] = {
    "EXCEPT": (),
    "FETCH": (),
    "FOR": (),
    "FROM": ("DISTINCT",),
    "GROUP": ("WITHIN",),
    "HAVING": (),
    "INTERSECT": (),
    "LIMIT": (),
    "OFFSET": (),
    "ORDER": (),
    "UNION": (),
    "WHERE": (),
    "WINDOW": (),
    "WITH": ("TIME", "TIMESTAMP", ")"),
}


@dataclass
class ViewColumns:
    """The columns of views by schema and name; a view whose columns are not known is left out.

    now: of what is there. before: of what the revision has found, by the names of now.
    """

    now: dict[QualifiedName, tuple[str, ...]] = field(default_factory=dict)
    before: dict[QualifiedName, tuple[str, ...]] = field(default_factory=dict)

    def begin_revision(self) -> None:
        """Take what is there now for what the next revision finds."""
        self.before = dict(self.now)

    def create(self, name: QualifiedName, cursor: Cursor) -> None:
        """Note a view. cursor: what stands behind its name in CREATE VIEW."""
        columns = output_columns(cursor)
        if columns is None:
            self.drop(name)
        else:
            self.now[name] = columns

    def drop(self, name: QualifiedName) -> None:
        """Note that a view goes; it may come again."""
        self.now.pop(name, None)

    def rename(self, name: QualifiedName) -> None:
        """Note that a view gets another name or schema."""
        self.now.pop(name, None)
        self.before.pop(name, None)

    def rename_column(self, name: QualifiedName, old: str, new: str) -> None:
        """Note that a column of a view gets another name."""
        for columns in (self.now, self.before):
            if name in columns:
                columns[name] = tuple(new if one == old else one for one in columns[name])

    def breaks(self) -> list[str]:
        """Return what code that selects the columns of before breaks on."""
        return [
            f"{object_label(name)}.{column} is gone"
            for name, columns in self.before.items()
            for column in columns
            if name in self.now and column not in self.now[name]
        ]


def output_columns(cursor: Cursor) -> tuple[str, ...] | None:
    """Return the columns of a view, None where its text does not tell them all.

    cursor: what stands behind the name in CREATE VIEW.
    """
    if cursor.peek("("):
        return tuple(part.identifier() for part in cursor.split_commas())
    names = [*map(column_name, output_items(cursor))]
    return tuple(names) if names and all(names) else None


def output_items(cursor: Cursor) -> list[list[Token]]:
    """Return what a view's query selects, item by item; none where it begins with no SELECT.

    cursor: what stands behind the name in CREATE VIEW, without a list of columns.
    """
    begin = cursor.find("AS")
    if begin is None:
        return []
    cursor.position = begin + 1
    if cursor.peek("WITH"):
        cursor.position = cursor.find("SELECT") or cursor.position
    if not cursor.accept("SELECT"):
        return []
    if cursor.accept_any("ALL", "DISTINCT") and cursor.accept("ON"):
        cursor.skip_brackets()
    return [*_items(cursor.remaining())]


def _items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield what stands between the commas of a list of columns."""
    item: list[Token] = []
    previous = ""
    for token in tokens:
        word = token.keyword or token.text
        if not token.depth and word in _ENDS and previous not in _ENDS[word]:
            break
        if not token.depth and word == ",":
            yield item
            item = []
        else:
            item.append(token)
        previous = word
    yield item


def column_name(item: Sequence[Token]) -> str:
    """Return the name of an item: behind AS, or of a column that has it; "" of what else."""
    if not item:
        return ""
    is_named = len(item) > 1 and item[-2].keyword == "AS" and not item[-1].depth
    is_path = all(
        bool(token.identifier) if place % 2 == 0 else token.text == "."
        for place, token in enumerate(item)
    )
    return item[-1].identifier if is_named or is_path else ""
