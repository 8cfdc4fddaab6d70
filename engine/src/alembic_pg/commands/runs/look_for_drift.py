"""Refuse an upgrade, before its first statement, that changes what somebody changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from alembic_pg import events
from alembic_pg.errors import UserError
from alembic_pg.ledger.ledger import ledger_path, read_ledger
from alembic_pg.refusals import of_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.drift.in_the_way.find import InTheWay
    from alembic_pg.ledger.ledger import Ledger

_VERSION = text("SELECT current_setting('server_version_num')::int")

# So many objects are named.
_MAX_NAMED = 4


def refuse_in_the_way(
    task: AlembicCommand,
    connection: Connection,
    heads: Sequence[str],
    list_steps: Callable[[], list[Any]],
) -> None:
    """Raise UserError where a pending revision changes what somebody changed by hand.

    A plan says so, and goes on. heads: the revisions that the database is at. list_steps: returns
    Alembic's steps. connection: without a transaction, before and after. Nothing is done in a
    project without a ledger.
    """
    ledger = _read_ledger(task)
    if ledger is None or not any(own is not None for own in ledger.changes.values()):
        return
    steps = [one for one in list_steps() if getattr(one, "revision", None) is not None]
    if not steps:
        return
    found = _look(task, connection, ledger, heads, steps)
    if task.settings.plan:
        _tell_plan(task, found)
        return
    if found.elsewhere:
        events.tell(events.WARNING, _elsewhere_line(found))
    for refusal in _refusals(found):
        raise UserError(refusal)


def _tell_plan(task: AlembicCommand, found: InTheWay) -> None:
    from alembic_pg.plan.command import form_of  # noqa: PLC0415  # of plans only

    form = form_of(task)
    if found.untold:
        form.remark(
            f"Nobody can tell whether what {', '.join(found.untold)} changes was changed by hand: "
            "alembic-pg ledger writes what that takes."
        )
    if found.elsewhere:
        form.remark(_elsewhere_line(found))
    for refusal in _refusals(found):
        form.remark(refusal, refused=True)


def _elsewhere_line(found: InTheWay) -> str:
    said = _named([str(one) for one in found.elsewhere])
    return f"Changed by hand, and not in the way: {said}. alembic-pg drift tells more."


def _refusals(found: InTheWay) -> Iterator[str]:
    for revision, parts in found.blocking.items():
        named = _named([str(one) for one in parts])
        yield of_targets.DRIFT(named, revision=revision).text


def _look(
    task: AlembicCommand,
    connection: Connection,
    ledger: Ledger,
    heads: Sequence[str],
    steps: Sequence[Any],
) -> InTheWay:
    from alembic_pg.database import server_features  # noqa: PLC0415  # with a ledger only
    from alembic_pg.drift import ignore  # noqa: PLC0415
    from alembic_pg.drift.in_the_way import find as in_the_way  # noqa: PLC0415
    from alembic_pg.ledger.history import History  # noqa: PLC0415
    from alembic_pg.online.run import journal  # noqa: PLC0415

    context = task.environment.get_context()
    with connection.begin():
        version = int(connection.scalar(_VERSION) or 0)
        note = journal.read_note(connection, journal.version_table_name(context))
    script = task.environment.script
    run = in_the_way.PendingRun(
        ledger,
        History(task.environment.config, script),
        heads,
        steps,
        context.version_table,
        server_features.major_of(version),
        ignore.read_rules(ignore.ignore_file(script)),
        note.revision if note else "",
    )
    return in_the_way.find_in_the_way(connection, run)


def _read_ledger(task: AlembicCommand) -> Ledger | None:
    try:
        return read_ledger(ledger_path(task.environment.script))
    except (UserError, OSError):  # a conflict in it is the developers', and must stop no run
        return None


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
