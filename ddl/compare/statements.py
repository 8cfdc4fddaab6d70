"""PostgreSQL's statements as text: taken apart, turned round, written into a revision."""

from __future__ import annotations

import re

# Whatever may hold a semicolon that ends nothing.
_QUOTED = re.compile(
    r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|--[^\n]*|;""",
    re.DOTALL,
)

_LITERAL_END = re.compile(r" IS (?:E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*');$", re.DOTALL)


def split(script: str) -> list[str]:
    """Return the statements of a script, each with its semicolon."""
    if "BEGIN ATOMIC" in script:  # a function's body in SQL has semicolons of its own
        return [script.strip()]
    found, begin = [], 0
    for token in _QUOTED.finditer(script):
        if token[0] == ";":
            found.append(script[begin : token.end()].strip())
            begin = token.end()
    found.append(script[begin:].strip())
    return [statement for statement in found if statement]


def inverse(statement: str) -> str | None:
    """Return the statement that takes another one back, or None where its text does not tell.

    Known are those which have no DROP: GRANT and REVOKE, COMMENT, row security.
    """
    if statement.startswith("COMMENT ON "):
        return _LITERAL_END.sub(" IS NULL;", statement)
    if statement.startswith("GRANT "):
        taken = statement.removesuffix(";").removesuffix(" WITH GRANT OPTION")
        rights, _, role = taken.removeprefix("GRANT ").rpartition(" TO ")
        return f"REVOKE {rights} FROM {role};"
    if statement.startswith("REVOKE "):
        rights, _, role = statement.removeprefix("REVOKE ").removesuffix(";").rpartition(" FROM ")
        return f"GRANT {rights} TO {role};"
    for one, other in (
        (" ENABLE ROW LEVEL SECURITY;", " DISABLE ROW LEVEL SECURITY;"),
        (" NO FORCE ROW LEVEL SECURITY;", " FORCE ROW LEVEL SECURITY;"),
    ):
        if statement.endswith(one):
            return statement.removesuffix(one) + other
        if statement.endswith(other):
            return statement.removesuffix(other) + one
    return None


def escaped(statement: str) -> str:
    """Return a statement for op.execute(), where ``:name`` is a parameter unless escaped.

    Source: SQLAlchemy, text().
    """
    doubled = re.sub(r"\\(?=:[\w$]*(?![:\w$]))", r"\\\\", statement)
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", doubled)


def literal(text: str) -> str:
    """Return Python source of a string, each of its lines on one of its own.

    Not in triple quotes: Alembic indents what is rendered, and would change the string.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) == 1:
        return _quoted(text)
    return "\n    " + "\n    ".join(_quoted(line) for line in lines) + "\n"


def _quoted(line: str) -> str:
    """Return a string's source in double quotes, where it holds none, as the formatter would."""
    source = repr(line)
    return f'"{source[1:-1]}"' if source.startswith("'") and '"' not in line else source
