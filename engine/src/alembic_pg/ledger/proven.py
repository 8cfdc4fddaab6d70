"""Remember which states were built of which files, so that nothing is built twice."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.project_files import DATA_FOLDER, make_data_folder, write_whole
from alembic_pg.ledger.ledger import States

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTE_PATH = Path(DATA_FOLDER) / "ledger.json"


def read_proven(root: Path, digests: Mapping[str, str]) -> dict[str, States]:
    """Return the states, by its id, of each revision whose files were built before.

    root: the folder of the configuration file. digests: what changes with a revision's files.
    """
    try:
        note = json.loads((root / NOTE_PATH).read_text(encoding="utf-8"))
        return {
            one: States(str(note[digest][0]), str(note[digest][1]), *note[digest][2:])
            for one, digest in digests.items()
            if digest in note
        }
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return {}


def write_proven(root: Path, digests: Mapping[str, str], states: Mapping[str, States]) -> None:
    """Note the states of revisions; nothing is noted where nothing can be written."""
    note = {digests[one]: [both.before, both.after, both.changes] for one, both in states.items()}
    with suppress(OSError):
        make_data_folder(root)
        write_whole(root / NOTE_PATH, json.dumps(note))
