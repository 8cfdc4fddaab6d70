"""Tell of a database that was led to another state than the ledger has for its revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg import events
from alembic_pg.errors import UserError
from alembic_pg.ledger.ledger import FORM, ledger_path, read_ledger
from alembic_pg.ledger.stamp import read_stamp
from alembic_pg.online.run import journal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.ledger.ledger import Ledger
    from alembic_pg.ledger.moved import Moved

_OTHER_STATE = (
    "The last run here led to another state than the ledger has for {revision}: that revision, or "
    "one before it, was edited or moved since. alembic-pg drift tells what differs."
)


def tell_of_moved(task: AlembicCommand, connection: Connection, heads: Sequence[str]) -> None:
    """Say what to do with a database that ran a revision before that was moved.

    An upgrade is refused by it, a plan and current tell it. Where only the state is another one, a
    warning says so. connection: without a transaction, before and after.
    Raises UserError in an upgrade.
    """
    file = ledger_path(task.environment.script)
    if len(heads) != 1 or not file.exists():
        return
    context = task.environment.get_context()
    with connection.begin():
        stamp = read_stamp(connection, journal.version_table_name(context))
    if stamp is None or stamp.revision != heads[0] or stamp.form != FORM:
        return
    try:
        ledger = read_ledger(file)
    except (UserError, OSError):  # a conflict in it is the developers', and must stop no run
        return
    if ledger is None or (ledger.form, ledger.major) != (FORM, stamp.major):
        return
    state = ledger.state_after(heads)
    if not state or state == stamp.state:
        return
    moved = _find_moved(task, connection, ledger, heads[0])
    sentence = moved.sentence if moved else _OTHER_STATE.format(revision=heads[0])
    if task.settings.plan:
        from alembic_pg.plan.command import form_of  # noqa: PLC0415  # of plans only

        form_of(task).remark(sentence, refused=moved is not None)
    elif moved is not None and task.command == "upgrade":
        raise UserError(sentence)
    else:
        events.tell(events.WARNING, sentence)


def _find_moved(
    task: AlembicCommand, connection: Connection, ledger: Ledger, head: str
) -> Moved | None:
    from alembic_pg.ledger.history import History  # noqa: PLC0415  # rarely needed
    from alembic_pg.ledger.moved import find_moved  # noqa: PLC0415
    from alembic_pg.ledger.read_parts import read_parts  # noqa: PLC0415

    context = task.environment.get_context()
    with connection.begin() as transaction:
        found = read_parts(connection, context.version_table)
        transaction.rollback()
    history = History(task.environment.config, task.environment.script)
    return find_moved(history, ledger, head, found)
