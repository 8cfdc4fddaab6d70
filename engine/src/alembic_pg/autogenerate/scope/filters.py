"""Leave out of both dumps what env.py's filters and the models' schemas exclude.

Alembic asks ``include_object`` and ``include_name`` (its documentation of configure()) for what
its own comparators see; here they are asked for every other object, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.autogenerate.dump import brackets, normalize, table_definition
from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.scope import filter_names
from alembic_pg.sql.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.autogenerate.scope.models import Models


@dataclass(frozen=True)
class Scope:
    """Hold what is left out of every dump.

    keys: the keys of the entries that are left out.
    columns: the names of the columns that are left out, by their table's key.
    schemas: the only schemas that are compared; None where all are.
    """

    keys: frozenset[str] = frozenset()
    columns: Mapping[str, frozenset[str]] | None = None
    schemas: frozenset[str] | None = None

    def filter_dump(self, dump: Dump) -> Dump:
        """Return a dump without what is left out."""
        if self.schemas is None and not self.keys and not any((self.columns or {}).values()):
            return dump  # of thousands of entries
        foreign = set(self.keys)
        for key, entry in dump.items():
            if self._is_in_other_schema(entry) or _belongs_to(entry, foreign):
                foreign.add(key)
        return {
            key: self._without_columns(entry) for key, entry in dump.items() if key not in foreign
        }

    def _is_in_other_schema(self, entry: Entry) -> bool:
        if self.schemas is None:
            return False
        place = entry.name if entry.kind == "SCHEMA" else entry.schema
        return bool(place) and place not in self.schemas

    def _without_columns(self, entry: Entry) -> Entry:
        """Return a table's entry without its left out columns."""
        names = (self.columns or {}).get(entry.key)
        head = table_definition.CREATE_TABLE.match(entry.create)
        if not names or head is None:
            return entry
        items, end = brackets.bracketed_items(entry.create, head.end())
        kept = [item for item in items if filter_names.leading_column_name(item) not in names]
        return normalize.normalized_entry(
            table_definition.replace_items(entry, head.end(), end, kept)
        )


# All of a database is compared.
EVERYTHING = Scope()


def comparison_scope(
    before: Dump,
    after: Dump,
    models: Models,
    options: Mapping[str, Any],
    *,
    handed_in: bool = False,
) -> Scope:
    """Return the scope of a comparison of the revisions with the models.

    options: env.py's for configure(), with its filters. A table takes all that belongs to it with
    it, a schema all that lives in it. Every object is asked for once, whichever side it is on, so
    that both sides leave out the same.
    handed_in: whether ``before`` is the database of a caller, which may hold what is not this
    project's. As with stock Alembic, the default schema and the models' count, and whoever else
    has a schema there keeps it. What the history database holds, the revisions have built.
    """
    schemas = frozenset({"public", *(e.name for e in after.values() if e.kind == "SCHEMA")})
    filters = Filters(options.get("include_object"), options.get("include_name"))
    keys: set[str] = set()
    columns: dict[str, frozenset[str]] = {}
    if filters != Filters():
        known = filter_names.declared_objects(models)
        together = {**before, **after}
        for key, entry in together.items():
            asked = filter_names.filter_arguments(entry, together)
            item = known.get((asked.type_, asked.parents["schema_name"], asked.bare_name), entry)
            wanted = filters.includes(asked, item, there=key in before, declared=key in after)
            if not wanted or _belongs_to(entry, keys) or f"SCHEMA .{entry.schema}" in keys:
                keys.add(key)
            elif entry.kind == "TABLE":
                columns[key] = _excluded_columns(filters, entry, item, before, after)
                keys.update(_attached_to_columns(entry, columns[key], together))
        owned = {sequence for one in (before, after) for sequence in _owned_sequences(one, keys)}
        keys |= owned | {key for key, entry in together.items() if _belongs_to(entry, owned)}
        emptied = _emptied_schemas(together, keys)
        keys |= emptied | {key for key, entry in together.items() if _belongs_to(entry, emptied)}
    return Scope(frozenset(keys), columns, schemas if handed_in else None)


@dataclass(frozen=True)
class Filters:
    """Hold env.py's filters, as Alembic's configure() takes them."""

    include_object: Callable[..., bool] | None = None
    include_name: Callable[..., bool] | None = None

    def includes(
        self,
        asked: filter_names.FilterArguments,
        item: Any,  # noqa: ANN401  # as Alembic types it
        *,
        there: bool,
        declared: bool,
    ) -> bool:
        """Return what the filters answer.

        item: the models' object, else the entry. there: whether the database has it; only then
        include_name is asked. declared: whether the models have it.
        """
        if (
            there
            and self.include_name is not None
            and not self.include_name(*asked.include_name_arguments)
        ):
            return False
        if self.include_object is None or asked.type_ == "schema":
            return True
        return bool(self.include_object(item, asked.name, asked.type_, not declared, None))


def _excluded_columns(
    filters: Filters,
    table: Entry,
    item: Any,  # noqa: ANN401  # as Alembic types it
    before: Dump,
    after: Dump,
) -> frozenset[str]:
    old, new = (
        table_definition.column_names(side[table.key]) if table.key in side else []
        for side in (before, after)
    )
    return frozenset(
        name
        for name in {*old, *new}
        if not filters.includes(
            filter_names.column_filter_arguments(table, name),
            getattr(item, "c", {}).get(name, table),
            there=name in old,
            declared=name in new,
        )
    )


def _attached_to_columns(table: Entry, columns: frozenset[str], dump: Dump) -> set[str]:
    """Return the keys of what is said of left out columns: comments, rights and defaults."""
    ends = tuple(f"{table.name}{separator}{name}" for name in columns for separator in (".", " "))
    kinds = {"ACL", "COMMENT", "DEFAULT"}
    return {
        key
        for key, entry in dump.items()
        if ends and entry.kind in kinds and table.key in entry.needs and entry.name.endswith(ends)
    }


def _owned_sequences(dump: Dump, left_out: set[str]) -> Iterator[str]:
    """Yield the keys of the sequences that number the rows of tables that are left out."""
    for key, entry in dump.items():
        if entry.kind == "SEQUENCE" and not left_out.isdisjoint(entry.needs):
            yield key  # an identity's
        elif entry.kind == "SEQUENCE OWNED BY":
            (schema, table), _ = Cursor(entry.create.rpartition(" OWNED BY ")[2]).column_name()
            if table_key(schema, table) in left_out:
                yield from (need for need in entry.needs if need.startswith("SEQUENCE "))


def _emptied_schemas(dump: Dump, left_out: set[str]) -> set[str]:
    """Return the keys of the schemas of which all that lives in them is left out."""
    members: dict[str, bool] = {}
    for key, entry in dump.items():
        if entry.schema:
            members[entry.schema] = members.get(entry.schema, False) or key not in left_out
    return {f"SCHEMA .{name}" for name, kept in members.items() if not kept and name != "public"}


def _belongs_to(entry: Entry, left_out: set[str]) -> bool:
    """Return whether an entry is a part of something that is left out.

    A foreign key belongs to the table that has it, not to the one that it refers to.
    """
    if entry.kind == "FK CONSTRAINT":
        return _own_table(entry) in left_out
    return entry.kind in filter_names.PART_KINDS and not left_out.isdisjoint(entry.needs)


def _own_table(key: Entry) -> str:
    """Return the key of the table that has a foreign key, whose name begins with the table's."""
    start = f"TABLE {key.schema}."
    tables = [need.removeprefix(start) for need in key.needs if need.startswith(start)]
    own = [name for name in tables if key.name.startswith(f"{name} ")]
    return start + max(own, key=len, default="")
