"""Sentences for exceptions; tests/failures/ has those that a command really raises."""

from __future__ import annotations

import pytest
from alembic.util import CommandError
from alembic_pg.console import excepthook
from alembic_pg.errors import UserError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UserError("one\ntwo"), "one\ntwo"),
        (CommandError("Alembic's  own"), "Alembic's own"),
        (
            CommandError("Relative revision +9 didn't produce 9 migrations"),
            "+9 goes past head. See alembic history.",
        ),
        (
            KeyboardInterrupt(),
            "Interrupted: what was running is rolled back. Run the same command again.",
        ),
        (ValueError("two\nlines"), "ValueError: two lines (ALEMBIC_TRACEBACK=1 shows where.)"),
        (KeyError("other"), "KeyError: 'other' (ALEMBIC_TRACEBACK=1 shows where.)"),
        (
            RuntimeError(),
            "RuntimeError: no reason given (ALEMBIC_TRACEBACK=1 shows where.)",
        ),
        (PermissionError(13, "Permission denied", "/x/y.py"), "/x/y.py: Permission denied."),
        (OSError(28, "No space left on device"), "No space left on device."),
        (
            ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"),
            (
                "The database cannot be reached (Connect call failed ('127.0.0.1', 1)): "
                "see that its server runs."
            ),
        ),
        (
            SyntaxError("no good", ("/elsewhere/a.py", 3, 1, "text")),
            (
                "Syntax error in /elsewhere/a.py, line 3: no good. "
                "Correct it and run the command again."
            ),
        ),
    ],
)
def test_an_exception_is_one_sentence(error: BaseException, told: str) -> None:
    assert excepthook.failure_message(error) == told
