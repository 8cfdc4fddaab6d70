"""Return the ledger of a history whose revisions were moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.errors import UserError
from alembic_pg.ledger import landed as git
from alembic_pg.ledger.build import build_states
from alembic_pg.ledger.ledger import FORM, Ledger, ledger_path

if TYPE_CHECKING:
    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.rebase.move import Move
    from alembic_pg.rebase.prove import Proof


def moved_ledger(
    task: AlembicCommand, databases: ScratchServer, move: Move, proof: Proof
) -> Ledger | None:
    """Return the lines of the other branch, then those of this one; None where nobody keeps any.

    The file here is not read: it may have git's marks of a conflict.
    Raises UserError where the other branch's lines are not right, or of a newer server.
    """
    file = ledger_path(move.history.script)
    landed = git.ledger_at(file.parent, move.base)
    if landed is None and not file.exists():
        return None
    if landed is not None and landed.major > proof.major:
        raise UserError(
            f"The ledger is of PostgreSQL {landed.major}, and the scratch server of {proof.major}: "
            f"name a server of version {landed.major} in SHADOW_DATABASE_URL."
        )
    own = {one.revision for one in move.own}
    theirs = [one for name, one in move.history.revisions.items() if name not in own]
    if (
        landed is not None
        and (landed.major, landed.form) == (proof.major, FORM)
        and landed.lines.keys() == {one.revision for one in theirs}
    ):
        _require_right(move, proof, landed)
        lines = dict(landed.lines)
    else:
        lines = dict(build_states(task, move.history, databases, theirs))
    return Ledger(proof.major, {**lines, **proof.states})


def _require_right(move: Move, proof: Proof, landed: Ledger) -> None:
    """Raise UserError where the other branch's last line is not what its revisions build."""
    if not move.onto or not proof.states:
        return
    built = next(iter(proof.states.values())).before
    if landed.lines[move.onto].after != built:
        raise UserError(
            f"The ledger of {move.base} says something else of {move.label(move.onto)} than its "
            f"revisions build. There: alembic-pg ledger --verify {move.base}"
        )
