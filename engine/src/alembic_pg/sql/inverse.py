"""Invert statements that have no DROP: GRANT, COMMENT, row security and others."""

from __future__ import annotations

import re

_LITERAL_END = re.compile(r" IS (?:E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*');$", re.DOTALL)


def inverse_statement(statement: str) -> str | None:
    """Return the statement that takes another one back, or None where its text does not tell.

    Known are those which have no DROP: GRANT and REVOKE, COMMENT, row security.
    """
    for begin, invert in (
        ("COMMENT ON ", _inverse_comment),
        ("GRANT ", _inverse_grant),
        ("REVOKE ", _inverse_revoke),
        ("ALTER DEFAULT PRIVILEGES ", _inverse_default_privileges),
        ("ALTER TABLE ", _inverse_alter_table),
        ("ALTER PUBLICATION ", _inverse_alter_publication),
        ("ALTER SEQUENCE ", _inverse_owned_by),
    ):
        if statement.startswith(begin):
            return invert(statement)
    return None


def _inverse_comment(statement: str) -> str:
    # What a new database has, and pg_dump therefore does not print.
    own = "'standard public schema'" if " ON SCHEMA public IS " in statement else "NULL"
    return _LITERAL_END.sub(f" IS {own};", statement)


def _inverse_grant(statement: str) -> str:
    taken = statement.removesuffix(";").removesuffix(" WITH GRANT OPTION")
    rights, _, role = taken.removeprefix("GRANT ").rpartition(" TO ")
    return f"REVOKE {rights} FROM {role};"


def _inverse_revoke(statement: str) -> str:
    rights, _, role = statement.removeprefix("REVOKE ").removesuffix(";").rpartition(" FROM ")
    return f"GRANT {rights} TO {role};"


def _inverse_alter_table(statement: str) -> str | None:
    table, attached, partition = statement.partition(" ATTACH PARTITION ")
    if attached:
        name = re.split(r" (?=FOR VALUES|DEFAULT;)", partition)[0]
        return f"{table.replace(' ONLY ', ' ', 1)} DETACH PARTITION {name};"
    if match := re.search(r" (DISABLE|ENABLE(?: ALWAYS| REPLICA)?) TRIGGER ", statement):
        other = "DISABLE" if match[1] == "ENABLE" else "ENABLE"
        return f"{statement[: match.start(1)]}{other}{statement[match.end(1) :]}"
    head, found, _ = statement.partition(" ROW LEVEL SECURITY;")
    for one, other in (("NO FORCE", "FORCE"), ("FORCE", "NO FORCE"), ("ENABLE", "DISABLE")):
        if found and head.endswith(f" {one}"):
            return f"{head.removesuffix(one)}{other} ROW LEVEL SECURITY;"
    return None


def _inverse_owned_by(statement: str) -> str:
    return f"{statement.rpartition(' OWNED BY ')[0]} OWNED BY NONE;"


def _inverse_alter_publication(statement: str) -> str:
    """Return what takes a table or a schema out; its columns and predicate are not named."""
    name = r'(?:"(?:[^"]|"")*"|[^\s";(])+'
    return re.sub(
        rf" ADD (TABLE ONLY|TABLES IN SCHEMA) ({name}).*",
        r" DROP \1 \2;",
        statement,
        flags=re.DOTALL,
    )


def _inverse_default_privileges(statement: str) -> str | None:
    """Return what takes ALTER DEFAULT PRIVILEGES … GRANT or REVOKE … back."""
    match = re.search(r" (?:GRANT|REVOKE) (?!OPTION)", statement)
    if match is None:
        return None
    back = inverse_statement(statement[match.start() + 1 :])
    return f"{statement[: match.start()]} {back}" if back else None
