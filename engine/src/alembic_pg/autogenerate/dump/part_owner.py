"""Tell which table or view a part of a dump is of, where pg_dump names the part after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.autogenerate.dump.entry import Dump, Entry


def part_owner(dump: Dump, part: Entry, keys: Iterable[str]) -> str:
    """Return the key of the table or view that has a part, "" where that is not known.

    part: a constraint, default, policy or trigger: pg_dump writes the relation's name before its
    own. keys: the relations among which the owner is.
    """
    owners = [key for key in keys if key in dump and _is_named_after(part, dump[key])]
    if len(owners) > 1:
        # The policy "b p" of a that asks "a b" is called as the policy p of "a b" is.
        owners = [key for key in owners if _is_written_on(part, dump[key])]
    return owners[0] if len(owners) == 1 else ""


def index_and_constraint_keys(schema: str, table: str, name: str) -> tuple[str, ...]:
    """Return the keys that an index or a constraint of a table may have."""
    kinds = ("CHECK CONSTRAINT", "CONSTRAINT", "FK CONSTRAINT")
    return f"INDEX {schema}.{name}", *(f"{kind} {schema}.{table} {name}" for kind in kinds)


def key_ends(dump: Dump, foreign_key: Entry) -> tuple[str, set[str]]:
    """Return the key of the table that has a foreign key, and of those that it refers to.

    The first is "" where the dump has no such table.
    """
    tables = {
        table
        for need in foreign_key.needs
        for table in (need, *(dump[need].needs if need in dump else ()))
        if table in dump and dump[table].kind == "TABLE"
    }
    own = part_owner(dump, foreign_key, tables)
    return own, tables - {own}


def _is_named_after(part: Entry, relation: Entry) -> bool:
    return part.schema == relation.schema and part.name.startswith(f"{relation.name} ")


def _is_written_on(part: Entry, relation: Entry) -> bool:
    """Return whether the statement of a part names a relation as what it is of."""
    name = re.escape(quote_name(relation.schema, relation.name))
    return re.search(rf" (?:ON|TABLE|ONLY) {name}\s", part.create) is not None
