"""Find where in the project an error arose."""

from __future__ import annotations

import traceback
from pathlib import Path

from alembic_pg import options


def place_in_project(error: BaseException) -> str:
    """Return the file and line of the project in which an error arose, "" of none.

    env.py calls all, and is named only where it is the last to have done something.
    """
    root, ours = Path.cwd(), Path(options.__file__).parent
    for depth, (frame, line) in enumerate(reversed([*traceback.walk_tb(error.__traceback__)])):
        file = Path(frame.f_code.co_filename).resolve()
        foreign = {"site-packages", "dist-packages"} & {*file.parts} or file.is_relative_to(ours)
        if (
            foreign
            or not file.is_file()
            or not file.is_relative_to(root)
            or (depth and file.name == "env.py")
        ):
            continue
        return f"{file.relative_to(root)}, line {line}"
    return ""
