"""Write a statement as Python source, for op.execute() in a revision."""

from __future__ import annotations

import re


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
