"""Look at the project: its configuration, its revisions, its settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_pg import options
from alembic_pg.alembic_command import configured_url
from alembic_pg.console import activation, excepthook
from alembic_pg.database import url as urls
from alembic_pg.database.project_files import LEDGER_FILE
from alembic_pg.database.scratch import SCRATCH_VARIABLE
from alembic_pg.database.target import TARGET_VARIABLE
from alembic_pg.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

TOPIC = "project"


def look(config: Config) -> Iterator[Check]:
    """Yield a check for each part of the project, and for each setting that is made."""
    files = [name for name in (config.config_file_name, config.toml_file_name) if name]
    found = [name for name in files if Path(name).is_file()]
    names = " and ".join(str(Path(name).resolve()) for name in found)
    cure = "" if found else "go to the folder that has alembic.ini, or name the file with -c"
    yield Check(TOPIC, "configuration", names or "none", cure)
    yield from _look_at_history(config)
    yield from _look_at_settings(config)


def _look_at_history(config: Config) -> Iterator[Check]:
    try:
        script = ScriptDirectory.from_config(config)
        revisions, heads = list(script.walk_revisions()), script.get_heads()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what this command tells
        yield Check(TOPIC, "revisions", "cannot be read", excepthook.failure_message(error))
        return
    ours = activation.uses_engine(config)
    cure = "" if ours else f"env.py runs without alembic_pg: see {_ADOPT}"
    yield Check(TOPIC, "env.py", str(Path(script.dir, "env.py")), cure)
    at = f", head {heads[0]}" if len(heads) == 1 else ""
    cure = f"{len(heads)} heads: alembic merge heads" if len(heads) > 1 else ""
    yield Check(TOPIC, "revisions", f"{len(revisions)}{at}", cure)
    ledger = Path(script.dir, LEDGER_FILE)
    yield Check(TOPIC, "ledger", str(ledger) if ledger.exists() else "none")


_ADOPT = "docs/adopt.md of alembic-pg"


def _look_at_settings(config: Config) -> Iterator[Check]:
    if configured_url(config):
        yield _url_check("sqlalchemy.url", configured_url(config) or "")
    known = {option.variable for option in options.OPTIONS} - {""}
    for name in sorted(known & set(os.environ)):
        if name in {TARGET_VARIABLE, SCRATCH_VARIABLE}:
            yield _url_check(name, os.environ[name])
        else:
            yield Check(TOPIC, name, os.environ[name])


def _url_check(name: str, text: str) -> Check:
    """Return the check of a URL, of which only server, database and role are shown."""
    try:
        url = urls.parse(text, source=name)
    except Exception as error:  # noqa: BLE001  # as above
        return Check(TOPIC, name, "not understood", excepthook.failure_message(error))
    role = f" as {url.username}" if url.username else ""
    return Check(TOPIC, name, f"{url.database or ''} on {urls.server_address(url)}{role}")
