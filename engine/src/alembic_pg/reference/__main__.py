"""Write the reference pages into a folder: ``python -m alembic_pg.reference docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from alembic_pg.console import option_list
from alembic_pg.reference import commands, events, hints, json_forms, messages
from alembic_pg.refusals import document

# The pages by the names of their files.
PAGES = {
    "commands.md": commands.page,
    "events.md": events.page,
    "hints.md": hints.page,
    "json.md": json_forms.page,
    "messages.md": messages.page,
    "options.md": option_list.page,
    "refusals.md": document.page,
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
