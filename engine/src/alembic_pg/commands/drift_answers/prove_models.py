"""Tell, in a process of its own, what edited models build otherwise than a database has it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config

from alembic_pg.adopt.declaration import Declaration
from alembic_pg.adopt.undeclared import build_declared
from alembic_pg.autogenerate.dump.entry import Entry
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.commands import own_command
from alembic_pg.commands.autogenerate import silence_alembic_utils
from alembic_pg.console import activation
from alembic_pg.database.scratch import scratch_server
from alembic_pg.drift.difference import list_differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump


def still_differing(
    task: AlembicCommand, found: Dump, declarations: Sequence[Declaration] = ()
) -> set[str] | None:
    """Return what a person calls each object that the models as they are now say otherwise.

    found: the dump of the database. declarations: what stands beside the models. None where they
    cannot be imported or built any more.
    """
    config = task.environment.config
    with tempfile.TemporaryDirectory(prefix="alembic-pg-") as folder:
        request, answer = Path(folder) / "request", Path(folder) / "answer"
        asked = {
            "found": [asdict(one) for one in found.values()],
            "declarations": [asdict(one) for one in declarations],
        }
        request.write_text(json.dumps(asked), encoding="utf-8")
        command = [sys.executable, "-m", __name__, str(config.config_file_name or "")]
        command += [config.config_ini_section, str(request), str(answer)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0 or not answer.exists():
            return None
        return set(json.loads(answer.read_text(encoding="utf-8")))


def main(file: str, section: str, request: str, answer: str) -> None:
    """Write the labels of what differs as JSON. request: the file with what is asked."""
    asked = json.loads(Path(request).read_text(encoding="utf-8"))
    found = {one.key: one for one in map(_entry, asked["found"])}
    declarations = [
        Declaration(
            _entry(one["entry"]),
            None if one["arguments"] is None else tuple(map(tuple, one["arguments"])),
            one["variable"],
        )
        for one in asked["declarations"]
    ]

    def look(task: AlembicCommand, _: object) -> None:
        models = load_models(task.metadata, task.entities)
        silence_alembic_utils()
        with scratch_server(task.root) as databases:
            built = build_declared(task, databases, models, declarations)
        labels = [one.label for one in list_differences(built, found)]
        Path(answer).write_text(json.dumps(labels), encoding="utf-8")

    config = Config(file or None, ini_section=section)
    own_command.load_environment(config, own_command.OwnCommand("drift", look, on_target=False))


def _entry(said: dict[str, Any]) -> Entry:
    return Entry(**{**said, "needs": tuple(said["needs"])})


if __name__ == "__main__":
    activation.install_once()
    main(*sys.argv[1:])
