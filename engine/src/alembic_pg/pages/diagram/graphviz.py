"""Run Graphviz on many graphs at once."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from alembic_pg.console import status
from alembic_pg.errors import UserError

# The wheel's program: of one version everywhere, so that pages are the same everywhere.
_WHEEL = "graphviz-pure"

# So many are drawn by one process, which tells nothing before its end.
_AT_ONCE = 50

_PROLOGUE = re.compile(r"<\?xml.*?(?=<svg)", re.DOTALL)


def draw_graphs(graphs: list[str]) -> list[str]:
    """Return an SVG document for each graph, without its prologue.

    Raises UserError where there is no Graphviz, or it fails.
    """
    if not graphs:
        return []
    program = find_program()
    if program is None:
        raise UserError(
            "Diagrams need Graphviz: pip install 'alembic-pg[pages]' brings one, and a program "
            "dot on PATH serves as well."
        )
    found: list[str] = []
    for start in range(0, len(graphs), _AT_ONCE):
        status.reached("diagram", start + 1, len(graphs))
        found += _draw(program, graphs[start : start + _AT_ONCE])
    return found


def _draw(program: str, graphs: list[str]) -> list[str]:
    done = subprocess.run(
        [program, "-Tsvg"], input="\n".join(graphs).encode(), capture_output=True, check=False
    )
    found = _PROLOGUE.split(done.stdout.decode())[1:]
    if done.returncode or len(found) != len(graphs):
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = next((line for line in lines if line.startswith("Error")), "")
        raise UserError(f"Graphviz ({program}) could not draw the tables: {why or 'no picture'}")
    return found


def find_program() -> str | None:
    """Return the path of the program, None without one."""
    own = Path(sysconfig.get_path("scripts"))
    return shutil.which(_WHEEL, path=own) or shutil.which(_WHEEL) or shutil.which("dot")
