"""Hold what was found in a database, and what it was compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.ignore import Rule


@dataclass(frozen=True)
class Drift:
    """Hold how a database differs from what its own revisions build.

    database, host, role: where it was looked, and as whom.
    revisions: the ids of the revisions that the database is at. at: the same, with messages.
    pending: how many revisions of this tree it does not have yet.
    differences: what hurts most first.
    ignored: what the project does not want to hear of, each with the rule that says so.
    unfinished: a line for each thing that an online run has left unfinished.
    compared: "state" where the digest of the whole told that nothing differs, "built" where what
    the revisions build was made anew.
    remarks: a sentence each for what else a person should know.
    lost: whether the database has no revision in its alembic_version, and the one above is that
    from which it differs least.
    changed_at: when an object of a difference was changed last, by its label, if the server tells.
    """

    database: str
    host: str
    role: str
    revisions: tuple[str, ...]
    at: str
    pending: int
    differences: tuple[Difference, ...]
    ignored: tuple[tuple[Difference, Rule], ...] = ()
    unfinished: tuple[str, ...] = ()
    changed_at: tuple[tuple[str, str], ...] = ()
    compared: Literal["state", "built"] = "built"
    remarks: tuple[str, ...] = ()
    lost: bool = False

    @property
    def found_something(self) -> bool:
        """Whether somebody has to do something."""
        return self.lost or bool(self.differences)
