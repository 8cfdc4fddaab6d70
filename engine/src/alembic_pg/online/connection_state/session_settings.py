"""Give a session the settings of a transaction, for a statement that must not stand in one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_pg.database import time_limits
from alembic_pg.sql import session_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic_pg.database.session import Session

_CURRENT_SETTING = "SELECT current_setting(:name)"
_SET_CONFIG = "SELECT set_config(:name, :value, false)"


@contextmanager
def given(session: Session, local_settings: Sequence[str], version: int) -> Iterator[None]:
    """Let a block work without a time limit, and set back at its end what it needed.

    local_settings: what the revision has set for its transaction, as statements. version: the
    server's, as server_version_num has it.
    """
    connection = session.connection
    sets = [session_statements.as_session_setting(statement) for statement in local_settings]
    sets = [(setting, name) for setting, name in sets if name]
    unlimited = time_limits.unlimited(version)
    limits = [limit.partition(" = ")[0] for limit in unlimited]
    with connection.begin():
        names = [*(name for _, name in sets), *limits]
        before = [(name, session.first_value(_CURRENT_SETTING, name=name)) for name in names]
        session.execute_all(
            [*(setting for setting, _ in sets), *(f"SET {one}" for one in unlimited)]
        )
    try:
        yield
    finally:
        if not connection.invalidated:
            with connection.begin():
                for name, value in before:
                    session.first_value(_SET_CONFIG, name=name, value=value)
