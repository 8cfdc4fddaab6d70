"""Limit how long the server lets a step of ours last, as settings of its transaction.

What the role or the database has set for applications would end a long look of ours; and without a
limit, a lock lasts as long as a client that has frozen, or is cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database import server_features

if TYPE_CHECKING:
    from alembic_pg.options import Settings

# Milliseconds between two messages of ours in a transaction that holds a lock: all of them are
# known when it begins.
NEXT_MESSAGE = 2_000

# A standby that is away, and is to confirm each COMMIT, does not keep a lock of ours alive: the
# next COMMIT of anybody else waits for what this one wrote, too.
_LOCALLY = "synchronous_commit = local"

# The same for all transactions of a session: each of them may hold a lock when it ends.
COMMIT_LOCALLY = """
SELECT set_config('synchronous_commit', 'local', false)
WHERE current_setting('synchronous_commit') <> 'off'
"""

# Before the last statement of a transaction that ends with its message: a limit that is over just
# as a statement ends, shows in the next one, which is another transaction's otherwise.
END_STATEMENT_LIMIT = "SET LOCAL statement_timeout = 0"

_IDLE = "idle_in_transaction_session_timeout"


def short_step(settings: Settings, version: int) -> list[str]:
    """Return what a short transaction begins with. version: the server's."""
    limits = [
        f"statement_timeout = {settings.statement_timeout}",
        f"{_IDLE} = {NEXT_MESSAGE}",
        _LOCALLY,
    ]
    if version >= server_features.TRANSACTION_TIMEOUT_SINCE:
        # It may have more than one statement, each of which may take that long.
        whole = 2 * settings.statement_timeout + settings.lock_timeout
        limits.append(f"transaction_timeout = {whole if settings.statement_timeout else 0}")
    return _local(limits)


def last_message() -> list[str]:
    """Return what a transaction needs before its last locks."""
    return _local([f"{_IDLE} = {NEXT_MESSAGE}", _LOCALLY])


def open_locks(settings: Settings) -> list[str]:
    """Return what a transaction needs whose locks wait for a revision's own Python."""
    return _local([f"{_IDLE} = {settings.idle_timeout}", _LOCALLY])


def long_step(version: int) -> list[str]:
    """Return what a transaction needs that may last. version: the server's."""
    return _local(unlimited(version))


# The last of these for a session that does not know the server's version.
LONG_LOOK = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'transaction_timeout')
"""


def unlimited(version: int) -> list[str]:
    """Return the settings, with their values, that let a statement last. version: the server's."""
    limits = ["lock_timeout = 0", "statement_timeout = 0"]
    if version >= server_features.TRANSACTION_TIMEOUT_SINCE:
        limits.append("transaction_timeout = 0")
    return limits


def long_look(version: int) -> list[str]:
    """Return what a transaction needs that reads all of a table. version: the server's."""
    return long_step(version)[1:]


def _local(settings: list[str]) -> list[str]:
    return [f"SET LOCAL {setting}" for setting in settings]
