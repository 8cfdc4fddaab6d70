"""Kinds of entries, by how they stand to others."""

from __future__ import annotations

# What hangs on another object and goes with it; it has no DROP of its own.
SATELLITES = frozenset(
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
PARTS = SATELLITES | {"INDEX", "POLICY", "RULE", "TRIGGER"}

# The beginnings of the keys of what has parts.
RELATIONS = ("FOREIGN TABLE ", "MATERIALIZED VIEW ", "TABLE ", "VIEW ")

# What belongs to a table so closely that Alembic's operations come first.
OF_TABLES = frozenset(
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
FOUNDATIONS = frozenset(
    {"COLLATION", "DOMAIN", "EXTENSION", "FUNCTION", "PROCEDURE", "SCHEMA", "SHELL TYPE", "TYPE"}
)
