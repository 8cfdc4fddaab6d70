"""Write docs/foreign.md from what came of each project, which is kept beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.foreign import edits

KEPT = Path(__file__).with_name("results.json")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "foreign.md"

# Lines of what was said that the page quotes.
QUOTED = 14

HEAD = """\
# Projects that are not ours

Written by `nox -s foreign`, which installs each project (from PyPI; h is cloned) into an
environment of its own, with SQLAlchemy and Alembic of the engine's versions over its pins. Its
models become a project: one revision is written from nothing, run up, down and up, then five edits
of the models follow
({edits}),
each a revision that is run and checked; then all five go down and up. The own history, where it was
tried, is run on an empty database, then compared with the models. Two begin with tables that no
revision makes, which `history_begins_with` names: mlflow's with those of its module of initial
models, h's with create_all() and a stamp, as h itself makes a new database.

Seconds are of the processor, of the command and its programs without the server's, here / stock
Alembic; "-" where a step was not tried or failed. Stock's revision fails to run where it names
types of the project without importing them. Where a project's own history and its models differ,
the notes have what `check` said; on which side the cause is was not looked into.

"""

COLUMNS = (
    "project",
    "version",
    "tables",
    "columns",
    "revision",
    "check",
    "up, down, up",
    "edits",
    "own history",
    "revision s",
    "check s",
    "up s",
)


def record(result: dict[str, Any]) -> None:
    """Keep what came of a project, in place of what came of it before, and write the page."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    kept[result["name"]] = result
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(text(kept))


def text(kept: dict[str, dict[str, Any]]) -> str:
    """Return the page. kept: the results by the projects' names."""
    rows = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    rows += ["| " + " | ".join(_cells(kept[name])) + " |" for name in sorted(kept)]
    parts = [HEAD.format(edits=", ".join(edits.NAMES)), "\n".join(rows), "\n"]
    said = [_refusals(kept[name]) for name in sorted(kept)]
    if any(said):
        parts += ["\n## What was said\n", *filter(None, said)]
    return "".join(parts)


def _cells(result: dict[str, Any]) -> tuple[str, ...]:
    steps = result["steps"]
    made = [name for name in edits.NAMES if _all_ok(steps, name)]
    changed = f"{len(made)} of {len(edits.NAMES)}"
    if steps.get("edits down") == "ok" == steps.get("edits up"):
        changed += ", down, up"
    return (
        result["name"],
        result["version"],
        str(result["tables"]),
        str(result["columns"]),
        _word(steps.get("revision")),
        _word(steps.get("check")),
        ", ".join(_word(steps.get(step)) for step in ("up", "down", "up again")),
        changed,
        ", ".join(
            f"{part} {_word(steps[key])}"
            for part in ("up", "check")
            if (key := f"own history: {part}") in steps
        ),
        *(
            f"{_seconds(result, step)} / {_seconds(result, f'stock {step}')}"
            for step in ("revision", "check", "up")
        ),
    )


def _seconds(result: dict[str, Any], step: str) -> str:
    """Return the seconds of a step that did what it is for, "-" of another one."""
    done = result["steps"].get(step) == "ok"
    return f"{result['seconds'][step]:.1f}" if done else "-"


def _all_ok(steps: dict[str, str], name: str) -> bool:
    return all(steps.get(f"{name}: {step}") == "ok" for step in ("revision", "up", "check"))


def _word(outcome: str | None) -> str:
    return "-" if outcome is None else "ok" if outcome == "ok" else "no"


def _refusals(result: dict[str, Any]) -> str:
    """Return what the engine said where a step did not end well."""
    parts = [
        f"\n{step}:\n\n```text\n{_shortened(outcome)}\n```\n"
        for step, outcome in result["steps"].items()
        if outcome != "ok" and not step.startswith("stock ")
    ]
    if note := result.get("note"):
        parts.insert(0, f"\n{note}\n")
    return f"\n### {result['name']}\n" + "".join(parts) if parts else ""


def _shortened(outcome: str) -> str:
    """Return the first lines of what was said, and the last, where it is long."""
    lines = outcome.splitlines()
    if len(lines) <= QUOTED:
        return outcome
    more = f"… {len(lines) - QUOTED} lines more …"
    return "\n".join([*lines[: QUOTED - 1], more, lines[-1]])
