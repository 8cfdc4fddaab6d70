"""Keep the dump of what the revisions build in a file named after its template database."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.database.digest import cache_digest
from alembic_pg.database.project_files import make_data_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.autogenerate.dump.entry import Dump

CACHE_FOLDER = Path(".postgres") / "history"


def read_dump(root: Path, template: str, version_table: str) -> Dump | None:
    """Return the dump of a template, or None where no dump by this engine is kept.

    root: the folder of the working tree. template: its name, which changes with its content.
    version_table: Alembic's own table, which is not in the dump.
    """
    try:
        note = json.loads((root / CACHE_FOLDER / f"{template}.json").read_text())
        entries = [
            Entry(kind, schema, name, create, drop, tuple(needs), normalized)
            for kind, schema, name, create, drop, needs, normalized in note["dump"]
        ]
        keys = note["keys"]
        if note["made"] != _maker_digest(version_table) or len(keys) != len(entries):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(zip(keys, entries, strict=True))


def write_dump(
    root: Path, template: str, version_table: str, dump: Dump, templates: Sequence[str]
) -> None:
    """Keep the dump of a template, and delete those of templates that no longer exist.

    templates: the names of all that exist. Where nothing can be written, nothing is kept.
    """
    place = root / CACHE_FOLDER
    note = {
        "made": _maker_digest(version_table),
        "keys": list(dump),
        "dump": [_field_values(entry) for entry in dump.values()],
    }
    with suppress(OSError):
        make_data_folder(root)
        place.mkdir(exist_ok=True)
        for file in place.glob("*.json"):
            if file.stem not in templates:
                file.unlink(missing_ok=True)
        write_whole(place / f"{template}.json", json.dumps(note))


def _field_values(entry: Entry) -> list[object]:
    """Return an entry's fields in their order; astuple() would copy each text."""
    return [getattr(entry, field.name) for field in fields(Entry)]


def _maker_digest(version_table: str) -> str:
    """Return what changes with all that makes a dump: pg_dump, the engine, what it leaves out."""
    return cache_digest(pg_dump.version(), version_table).value
