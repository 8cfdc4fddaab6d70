"""Read the text of a Python file as Python reads it."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    import ast
    from pathlib import Path

# Where a line ends, as Python counts them.
_LINES = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def read_source(file: Path) -> tuple[str, str]:
    """Return the text of a Python file with its own line ends, and the encoding to write it in.

    The encoding is that of its byte order mark or of its line "coding:", as PEP 263 has it.
    Raises UserError that names a file which is not in the encoding that it says.
    """
    raw = file.read_bytes()
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
        return raw.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise UserError(f"{file.name} cannot be read as Python: {error}.") from error


def span(source: str, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Return where a node begins and ends in a text; ast counts lines, and bytes in a line."""
    lines = _LINES.split(source)

    def offset(line: int | None, column: int | None) -> int:
        assert line is not None  # noqa: S101  # a parsed node has an end
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    return offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
