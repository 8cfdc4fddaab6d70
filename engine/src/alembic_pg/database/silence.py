"""Know how long a session has said nothing inside a transaction: the server may have ended it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  # it is a class


@dataclass
class Silence:
    """The time since the server's last answer.

    asked: when the last message was sent, by time.monotonic().
    answered: the same, once it is answered; None outside of a transaction. Who froze while the
    answer was on its way reads it late.
    """

    asked: float = 0.0
    answered: float | None = None

    def note_message(self, connection: Connection) -> None:
        """Note that a message is about to be sent, which begins a transaction where none is."""
        if connection.info.transaction_status != TRANSACTION_STATUS_INTRANS:
            self.answered = None
        self.asked = time.monotonic()

    def note_answer(self, connection: Connection) -> None:
        """Note that the server has answered."""
        inside = connection.info.transaction_status == TRANSACTION_STATUS_INTRANS
        self.answered = self.asked if inside else None

    def lasted(self, milliseconds: int) -> bool:
        """Return whether a transaction has said nothing for so long."""
        silent = 0.0 if self.answered is None else time.monotonic() - self.answered
        return bool(milliseconds) and silent * 1000 >= milliseconds
