"""Represent one database object as pg_dump prints it, and a dump as all of them."""

from __future__ import annotations

from dataclasses import dataclass

from alembic_pg.autogenerate.dump.label import object_label


@dataclass(frozen=True)
class Entry:
    """Represent one object of a database, as pg_dump prints it.

    kind, schema, name: "VIEW", "public", "post_scores"; a constraint's name begins with its
    table's.
    create: PostgreSQL's statement that makes the object.
    drop: the statement that drops it, "" where there is none.
    needs: the keys of the entries that it depends on.
    normalized: the statement in the form in which it is compared, where that is another one.
    """

    kind: str
    schema: str
    name: str
    create: str
    drop: str
    needs: tuple[str, ...] = ()
    normalized: str = ""

    @property
    def text(self) -> str:
        """The text that is compared: equal texts are equal objects."""
        return self.normalized or self.create

    @property
    def key(self) -> str:
        """The name of the object, which no other object of its database has."""
        return f"{self.kind} {self.schema}.{self.name}"

    @property
    def label(self) -> str:
        """The name of the object for a person."""
        return object_label(self.kind, self.schema, self.name, self.create, self.needs)


Dump = dict[str, Entry]

# A column's schema, table and name, without quotes.
ColumnPath = tuple[str, str, str]


def table_key(schema: str | None, name: str | None) -> str:
    """Return the key of a table's entry. schema: None for the default one."""
    return f"TABLE {schema or 'public'}.{name}"
