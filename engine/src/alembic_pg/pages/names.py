"""Name the files of pages, and show odd names as text."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_pg.pages.schema import Key, Reference

# What every file system keeps apart, and what a link needs not quote.
_ODD = re.compile(r"[^a-z0-9_-]")

# Files of these names are devices on Windows, whatever their suffix.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$")

# Characters of a file's name, which has room for 255 bytes everywhere.
_LONGEST = 100
_DIGEST = 12

# C0 and DEL, which neither HTML nor SVG can hold.
CONTROLS = {code: 0x2400 + code for code in range(32)} | {127: 0x2421}


def shown(name: str) -> str:
    """Return a name for a person to read: control characters as their pictures."""
    return name.translate(CONTROLS)


def shown_key(key: Key) -> str:
    """Return the name of an object for a person, with its schema where that is not public."""
    return shown(key[1] if key[0] == "public" else f"{key[0]}.{key[1]}")


def file_name(*parts: str) -> str:
    """Return the name of a file for an object, without a suffix.

    It is of small letters, digits and -_.~ only, is different for each object, and no path.
    """
    name = ".".join(_safe(part) for part in parts)
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGEST]
    return f"{name[:_LONGEST]}~{digest}"


def _safe(part: str) -> str:
    safe = _ODD.sub(lambda odd: "".join(f"~{byte:02x}" for byte in odd[0].encode()), part)
    return f"{safe}~" if _DEVICES.match(safe) else safe


def relation_page(key: Key) -> str:
    """Return the path of the page of a table or view, below the folder of all pages."""
    return f"tables/{file_name(*key)}.html"


def function_page(key: Key, arguments: str) -> str:
    """Return the path of the page of a function; arguments tell it from others of its name."""
    own = hashlib.sha256(arguments.encode()).hexdigest()[:8] if arguments else ""
    return f"functions/{file_name(*key, *filter(None, [own]))}.html"


def revision_page(revision: str) -> str:
    """Return the path of the page of a revision."""
    return f"history/{file_name(revision)}.html"


def type_anchor(key: Key) -> str:
    """Return the place of a type on the page of types."""
    return f"type-{file_name(*key)}"


def other_anchor(key: Key) -> str:
    """Return the place of an object that has no page. key: its kind and its name."""
    return f"other-{file_name(*key)}"


def reference_page(reference: Reference) -> str:
    """Return the path of the page, or of its place, of what a reference points to."""
    if reference.kind == "relation":
        return relation_page(reference.key)
    if reference.kind == "function":
        return function_page(reference.key, reference.arguments)
    return f"objects.html#{type_anchor(reference.key)}"
