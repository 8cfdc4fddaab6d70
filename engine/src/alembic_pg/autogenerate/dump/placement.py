"""Add the statements for an object's tablespace and access method to its definition.

pg_dump gives them beside the definition, which has neither (pg_restore sets default_tablespace and
default_table_access_method before it runs the definition).
"""

from __future__ import annotations

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.sql.quoting import quote_name

# What a table has unless somebody says otherwise.
DEFAULT_ACCESS_METHOD = "heap"

_ALTER_KEYWORDS = {
    "CONSTRAINT": "INDEX",
    "INDEX": "INDEX",
    "MATERIALIZED VIEW": "MATERIALIZED VIEW",
    "TABLE": "TABLE",
}


def definition_with_placement(
    kind: str, schema: str, name: str, create: str, place: tuple[str, str]
) -> str:
    """Return a definition with the statements that say where the object is kept.

    place: the tablespace and the access method, "" where they are the usual ones.
    """
    tablespace, method = place
    relation = _ALTER_KEYWORDS.get(kind)
    if relation is None:
        return create
    if kind == "CONSTRAINT":
        constraint = table_definition.constraint_name(create)
        label = f"{quote_name(schema)}.{constraint}" if constraint else ""
    else:
        label = quote_name(schema, name)
    statements = [create]
    if method not in {"", DEFAULT_ACCESS_METHOD} and relation != "INDEX":
        statements.append(f"ALTER {relation} {label} SET ACCESS METHOD {quote_name(method)};")
    if tablespace and label:
        statements.append(f"ALTER {relation} {label} SET TABLESPACE {quote_name(tablespace)};")
    return "\n\n".join(statements)
