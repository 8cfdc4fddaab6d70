"""Define a refusal: its kind, the object that it is about, the effect, what to do instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Basis(Enum):
    """What decides whether a statement is refused; its value says so in the documentation.

    A plan refuses what the run does, but for ROWS, MEANWHILE and ASKED, which only the run knows.
    """

    FORM = "the statement's words and the size of the table"
    CATALOG = "what hangs on the table when the statement's turn comes"
    ROWS = "the rows, when the statement's turn comes"
    MEANWHILE = "what others do beside the run, or what the server says when it is done"
    ASKED = "what the revision does by what it has asked the database"
    TARGET = "the server and the role, before the first statement"


@dataclass(frozen=True)
class RefusalKind:
    """A reason for which a run refuses something; the texts have places in braces.

    name: what a program calls it. statement: what is refused, for the documentation. effect: why,
    as a sentence. instead: what does without, as sentences. basis: what decides.
    """

    name: str
    statement: str
    effect: str
    instead: str
    basis: Basis = Basis.FORM

    def __call__(self, about: str = "", **values: object) -> Refusal:
        """Return the refusal of one statement. about: the object; values: for the other places."""
        return Refusal(self, about, {name: str(value) for name, value in values.items()})


@dataclass(frozen=True)
class Refusal:
    """A refusal of a kind. object: what it is about. values: what stands in the other places."""

    kind: RefusalKind
    object: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def effect(self) -> str:
        """Why it is refused, as a sentence."""
        return self._filled(self.kind.effect)

    @property
    def instead(self) -> str:
        """What to do instead, as sentences, "" where there is nothing to say."""
        return self._filled(self.kind.instead)

    @property
    def text(self) -> str:
        """All of it, for a person."""
        return f"{self.effect} {self.instead}".strip()

    def _filled(self, template: str) -> str:
        return template.format(object=self.object, **self.values)


def places(template: str) -> list[str]:
    """Return the names of the places that a text has."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]
