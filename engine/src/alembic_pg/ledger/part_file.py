"""Read and write the file beside the ledger that has what each revision changes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from alembic_pg.database.project_files import LEDGER_PARTS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from alembic_pg.ledger.parts import PartChanges

# The version of the form of the parts; it grows when one is called or digested otherwise.
_FORM = 2

_FORM_LINE = f"form {_FORM}"

_HEAD = f"""\
# What each revision changes: its id, the state after it, and the digest of each column, constraint,
# index, trigger, view, type, function …, null where it takes one away. By it, an upgrade sees what
# somebody changed by hand that a new revision changes, too.
# alembic keeps this file, and mends it, a conflict in it, too, by: alembic-pg ledger
{_FORM_LINE}
"""

_LINE = re.compile(r"(?P<revision>\S+) (?P<after>[0-9a-f]+) (?P<changes>\{.*\})")


def part_file(ledger: Path) -> Path:
    """Return the file, which need not exist. ledger: that beside it."""
    return ledger.with_name(LEDGER_PARTS_FILE)


def read_part_file(file: Path) -> dict[tuple[str, str], PartChanges]:
    """Return the changes of each revision, by its id and the state after it.

    What cannot be read is not known: no file, a conflict in it.
    """
    try:
        return parse_part_text(file.read_text(encoding="utf-8"))
    except OSError:
        return {}


def parse_part_text(text: str) -> dict[tuple[str, str], PartChanges]:
    """Return what the text of such a file says, as `read_part_file` does."""
    found: dict[tuple[str, str], PartChanges] = {}
    if _FORM_LINE not in text.splitlines():
        return found
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        try:
            found[match["revision"], match["after"]] = json.loads(match["changes"])
        except ValueError:
            continue
    return found


def part_text(changes: Mapping[tuple[str, str], PartChanges]) -> str:
    """Return the text of the file. changes: as `read_part_file` returns them."""
    lines = [f"{one} {after} {json.dumps(made)}\n" for (one, after), made in changes.items()]
    return _HEAD + "".join(lines)
