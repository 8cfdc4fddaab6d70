"""Make the checks an object for a program; docs/json.md is written from the types here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.doctor.check import Check

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1


class CheckObject(TypedDict):
    """One line of the screen."""

    topic: Annotated[str, "installed, project or servers"]
    name: Annotated[str, "what was looked at"]
    found: Annotated[str, "what it is; never a password"]
    cure: Annotated[str, 'what to do about it, "" where nothing is wrong']


class DoctorObject(TypedDict):
    """What was looked at."""

    checks: Annotated[list[CheckObject], "one for each line of the screen"]


def as_object(checks: Iterable[Check]) -> DoctorObject:
    """Return what a program reads."""
    return {
        "checks": [
            {"topic": one.topic, "name": one.name, "found": one.found, "cure": one.cure}
            for one in checks
        ]
    }
