"""Group the kinds of pg_dump's entries by how they depend on other objects."""

from __future__ import annotations

# What is attached to another object and dropped with it; it has no DROP of its own.
ATTACHED = frozenset(
    {
        "ACL",
        "COMMENT",
        "DEFAULT ACL",
        "PUBLICATION TABLE",
        "PUBLICATION TABLES IN SCHEMA",
        "ROW SECURITY",
        "SEQUENCE OWNED BY",
        "TABLE ATTACH",
    }
)

# What is a part of its table or view.
PARTS = ATTACHED | {"INDEX", "POLICY", "RULE", "TRIGGER"}

# The beginnings of the keys of what has parts.
RELATION_PREFIXES = ("FOREIGN TABLE ", "MATERIALIZED VIEW ", "TABLE ", "VIEW ")

# What belongs to a table so closely that Alembic's operations come first.
TABLE_PARTS = frozenset(
    {
        "CHECK CONSTRAINT",
        "CONSTRAINT",
        "DEFAULT",
        "FK CONSTRAINT",
        "INDEX",
        "SEQUENCE",
        "SEQUENCE OWNED BY",
        "TABLE",
    }
)

# What tables may need: made before them where it can be.
NEEDED_BY_TABLES = frozenset(
    {"COLLATION", "DOMAIN", "EXTENSION", "FUNCTION", "PROCEDURE", "SCHEMA", "SHELL TYPE", "TYPE"}
)
