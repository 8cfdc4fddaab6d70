"""Where an object is kept, said by statements of its own.

pg_dump gives the tablespace and the access method of a table beside its definition, which has
neither (pg_restore sets default_tablespace and default_table_access_method before it).
"""

from __future__ import annotations

import re

from alembic_pg.sql.quoting import QUALIFIED, quoted

# What a table has unless somebody says otherwise.
USUAL = "heap"

_CONSTRAINT = re.compile(rf" ADD CONSTRAINT (?P<name>{QUALIFIED}) ")

_RELATIONS = {
    "CONSTRAINT": "INDEX",
    "INDEX": "INDEX",
    "MATERIALIZED VIEW": "MATERIALIZED VIEW",
    "TABLE": "TABLE",
}


def said(kind: str, schema: str, name: str, create: str, place: tuple[str, str]) -> str:
    """Return a definition with the statements that say where the object is kept.

    place: the tablespace and the access method, "" where they are the usual ones.
    """
    tablespace, method = place
    relation = _RELATIONS.get(kind)
    if relation is None:
        return create
    if kind == "CONSTRAINT":
        match = _CONSTRAINT.search(create)
        label = f"{quoted(schema)}.{match['name']}" if match else ""
    else:
        label = quoted(schema, name)
    found = [create]
    if method not in {"", USUAL} and relation != "INDEX":
        found.append(f"ALTER {relation} {label} SET ACCESS METHOD {quoted(method)};")
    if tablespace and label:
        found.append(f"ALTER {relation} {label} SET TABLESPACE {quoted(tablespace)};")
    return "\n\n".join(found)
