"""Write a statement as Python source, for op.execute() in a revision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.ddl.impl import DefaultImpl
    from sqlalchemy.sql.elements import ClauseElement


def escape_colons(statement: str) -> str:
    """Return a statement for op.execute(), where ``:name`` is a parameter unless escaped.

    Source: SQLAlchemy, text().
    """
    doubled = re.sub(r"\\(?=:[\w$]*(?![:\w$]))", r"\\\\", statement)
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", doubled)


def escape_in_expressions(impl: DefaultImpl) -> None:
    r"""Let what Alembic renders of defaults, CHECKs and generated columns mean what it meant.

    Of the models' ``text("'a \\:b'")`` it renders ``sa.text("'a :b'")``, which the revision would
    run with NULL for ``:b``. impl: of the context that renders. An index's expressions are
    literal_column(), which has no parameters.
    """
    render = impl.render_ddl_sql_expr

    def render_escaped(expr: ClauseElement, *arguments: Any, **options: Any) -> str:  # noqa: ANN401  # Alembic's
        rendered = render(expr, *arguments, **options)
        return rendered if options.get("is_index") else escape_colons(rendered)

    impl.render_ddl_sql_expr = render_escaped  # type: ignore[method-assign]


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
