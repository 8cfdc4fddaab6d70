"""Name one part of a database that somebody changed by hand, as drift names it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from alembic_pg.autogenerate.dump.label import part_label
from alembic_pg.drift.difference import Difference
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import readable_name, without_public

# What a part of a table or view is called first, and the kind that drift says.
_PARTS = {
    "column": "column",
    "index": "index",
    "foreign key": "foreign key",
    "check constraint": "check constraint",
    "primary key": "constraint",
    "unique constraint": "constraint",
    "exclusion constraint": "constraint",
    "trigger": "trigger",
    "policy": "policy",
    "rule": "rule",
}

_WORDS = {"missing": "missing", "extra": "there already", "changed": "changed"}

# What a key begins with that is not a relation's.
_BEFORE_KEY = ("type ", "function ", "schema ", "extension ")


@cache  # the same keys are looked for with each statement
def place_of(key: str) -> tuple[str, str]:
    """Return the schema of an object, "" for a schema and an extension, and its name in it.

    key: as `Parts` has it. The name of a function has its arguments.
    """
    for before in _BEFORE_KEY:
        if not key.startswith(before):
            continue
        name = key.removeprefix(before)
        if before in {"schema ", "extension "}:
            return "", Cursor(name).identifier()
        cursor = Cursor(name)
        schema, own = cursor.qualified_name()
        return schema, f"{own}{cursor.remaining_text()}"
    return Cursor(key).qualified_name()


@dataclass(frozen=True)
class HandMade:
    """Hold one part that somebody changed by hand.

    key, part: as `Parts` has them. change: as `Difference` has it.
    """

    key: str
    part: str
    change: Literal["missing", "extra", "changed"]

    @property
    def words(self) -> str:
        """What the part is: "column", "foreign key", or of an object itself "table", "enum"."""
        return next((one for one in _PARTS if self.part.startswith(f"{one} ")), self.part)

    @property
    def own_name(self) -> str:
        """The name of the part, or of the object itself, without its schema."""
        return self.part.removeprefix(f"{self.words} ") if self.is_part else place_of(self.key)[1]

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a relation, not an object itself."""
        return self.words in _PARTS

    @property
    def schema(self) -> str:
        """The schema that the object is in, "" for a schema and an extension."""
        return place_of(self.key)[0]

    @property
    def difference(self) -> Difference:
        """The same as drift tells it, without definitions."""
        schema, relation = place_of(self.key)
        if not self.is_part:
            own = without_public(relation) if self.key.startswith("function ") else relation
            shown = readable_name(schema, own) if schema else own
            kind = "type" if self.words == "enum" else self.words
            return self._difference(kind, relation, f"{self.words} {shown}")
        between = "." if self.words == "column" else " "
        name = self.own_name if self.words == "index" else f"{relation}{between}{self.own_name}"
        label = part_label(self.words, schema, relation, self.own_name)
        return self._difference(_PARTS[self.words], name, label)

    def __str__(self) -> str:
        """Return what a person reads."""
        return f"{self.difference.label} ({_WORDS[self.change]})"

    def _difference(self, kind: str, name: str, label: str) -> Difference:
        return Difference(self.change, kind, self.schema, name, label, "", "")
