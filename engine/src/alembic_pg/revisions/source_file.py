"""Read the text of a Python file as Python reads it."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


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
