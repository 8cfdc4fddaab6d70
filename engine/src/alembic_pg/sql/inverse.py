"""PostgreSQL's statements as text: taken apart, turned round, written into a revision."""

from __future__ import annotations

import re

# Whatever may hold a semicolon that ends nothing, and what such a part is marked by.
_QUOTED_OR_SEMICOLON = re.compile(
    r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|--[^\n]*|[();]""",
    re.DOTALL,
)

_LITERAL_END = re.compile(r" IS (?:E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*');$", re.DOTALL)


def split_statements(script: str) -> list[str]:
    """Return the statements of a script, each with its semicolon."""
    if "BEGIN ATOMIC" in script:  # a function's body in SQL has semicolons of its own
        return [script.strip()]
    found, begin, depth = [], 0, 0
    for token in _QUOTED_OR_SEMICOLON.finditer(script):
        depth += (token[0] == "(") - (token[0] == ")")
        if token[0] == ";" and not depth:  # a rule has statements in parentheses
            found.append(script[begin : token.end()].strip())
            begin = token.end()
    found.append(script[begin:].strip())
    return [statement for statement in found if statement]


def inverse_statement(statement: str) -> str | None:
    """Return the statement that takes another one back, or None where its text does not tell.

    Known are those which have no DROP: GRANT and REVOKE, COMMENT, row security.
    """
    for begin, turn in (
        ("COMMENT ON ", _inverse_comment),
        ("GRANT ", _inverse_grant),
        ("REVOKE ", _inverse_revoke),
        ("ALTER DEFAULT PRIVILEGES ", _inverse_default_privileges),
        ("ALTER TABLE ", _inverse_alter_table),
        ("ALTER PUBLICATION ", _inverse_alter_publication),
        ("ALTER SEQUENCE ", _inverse_owned_by),
    ):
        if statement.startswith(begin):
            return turn(statement)
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


def escape_colons(statement: str) -> str:
    """Return a statement for op.execute(), where ``:name`` is a parameter unless escaped.

    Source: SQLAlchemy, text().
    """
    doubled = re.sub(r"\\(?=:[\w$]*(?![:\w$]))", r"\\\\", statement)
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", doubled)


def python_literal(text: str) -> str:
    """Return Python source of a string, each of its lines on one of its own.

    Not in triple quotes: Alembic indents what is rendered, and would change the string.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) == 1:
        return _python_string(text)
    return "\n    " + "\n    ".join(_python_string(line) for line in lines) + "\n"


def _python_string(line: str) -> str:
    """Return a string's source in double quotes, where it holds none, as the formatter would."""
    source = repr(line)
    return f'"{source[1:-1]}"' if source.startswith("'") and '"' not in line else source
