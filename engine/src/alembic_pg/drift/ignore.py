"""Read which differences a project does not want to hear of, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.database.project_files import DRIFT_IGNORE_FILE
from alembic_pg.drift.difference import KIND_WORDS
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.script import ScriptDirectory

    from alembic_pg.drift.difference import Difference


@dataclass(frozen=True)
class Rule:
    """Hold one line of the file.

    kind, name: globs; the name is the object's with its schema before a dot where it has one.
    reason: why nobody wants to hear of it.
    """

    kind: str
    name: str
    reason: str

    def matches(self, difference: Difference) -> bool:
        """Return whether a difference is not to be told."""
        place = f"{difference.schema}." if difference.schema else ""
        name = f"{place}{difference.name}"
        kinds = (word.replace(" ", "_") for word in _words_of(difference.kind))
        return any(fnmatchcase(kind, self.kind) for kind in kinds) and fnmatchcase(name, self.name)


def _words_of(kind: str) -> list[str]:
    """Return what a kind may be called: pg_dump's word is understood, too."""
    return [kind, *(old for old, word in KIND_WORDS.items() if word == kind)]


def ignore_file(script: ScriptDirectory) -> Path:
    """Return the file that says what is not to be told, which need not exist."""
    return Path(script.dir) / DRIFT_IGNORE_FILE


def read_rules(file: Path) -> list[Rule]:
    """Return the rules of a file, none where it does not exist.

    Raises UserError for a line without a reason.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        rules.append(_parse_rule(line, f"{file.name}, line {number}"))
    return rules


def ignore_line(difference: Difference, reason: str) -> str:
    """Return the line that lets nobody hear of a difference any more."""
    place = f"{difference.schema}." if difference.schema else ""
    name = "".join(f"[{one}]" if one in "*?[" else one for one in f"{place}{difference.name}")
    quoted = f'"{name}"' if " " in name else name
    return f"{difference.kind.replace(' ', '_')}  {quoted}  {reason}\n"


def split_ignored(
    differences: Sequence[Difference], rules: Sequence[Rule]
) -> tuple[list[Difference], list[tuple[Difference, Rule]]]:
    """Return the differences that are told, and those that are not, each with its rule."""
    told: list[Difference] = []
    ignored: list[tuple[Difference, Rule]] = []
    for difference in differences:
        rule = next((rule for rule in rules if rule.matches(difference)), None)
        if rule is None:
            told.append(difference)
        else:
            ignored.append((difference, rule))
    return told, ignored


# A name with spaces, as those of constraints and arguments have, stands in quotes.
_RULE = re.compile(
    r'\s*(?P<kind>[^\s"]+)\s+(?:"(?P<quoted>[^"]+)"|(?P<name>[^\s"]\S*))(?:\s+(?P<reason>\S.*))?$'
)


def _parse_rule(line: str, place: str) -> Rule:
    match = _RULE.match(line.rstrip())
    if match is None or not match["reason"]:
        raise UserError(f"{place} has no reason: write kind, schema.name, reason.")
    return Rule(match["kind"], match["quoted"] or match["name"], match["reason"])
