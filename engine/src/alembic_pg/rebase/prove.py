"""Build both orders of two branches' revisions on scratch databases, and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.console import status
from alembic_pg.database import server_features
from alembic_pg.drift.difference import list_differences
from alembic_pg.errors import UserError
from alembic_pg.ledger.build import parts_of_database
from alembic_pg.ledger.history import parents_of
from alembic_pg.ledger.ledger import States
from alembic_pg.ledger.parts import part_changes
from alembic_pg.ledger.state import state_of_dump
from alembic_pg.rebase.reordered import reordered_script, shown_to
from alembic_pg.revisions import history_database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.ledger.parts import Parts
    from alembic_pg.rebase.move import Move


@dataclass(frozen=True)
class Proof:
    """Hold what both orders build.

    major: the server's major version. states: before and after each of this branch's revisions, in
    the new order. fails: why a revision of one of the orders fails, "" where none does.
    fails_here: whether that is the new order. differences: what the other order builds otherwise.
    one_way: the revisions whose downgrade does not lead back in the new order, and does now.
    """

    major: int
    states: dict[str, States]
    fails: str = ""
    fails_here: bool = False
    differences: tuple[str, ...] = ()
    one_way: tuple[str, ...] = ()

    @property
    def commutes(self) -> bool:
        """Whether the order of the two branches makes no difference."""
        return not (self.fails or self.differences)


@dataclass
class _Line:
    """A scratch database in which revisions run one after the other, and what each has made."""

    task: AlembicCommand
    databases: ScratchServer
    name: str

    @property
    def dump(self) -> Dump:
        table = history_database.version_table_name(self.task.environment)
        return pg_dump.dump_database(self.databases.database_url(self.name), version_table=table)

    @property
    def parts(self) -> Parts:
        return parts_of_database(self.task, self.databases, self.name)

    def up(self, revision: str) -> None:
        url = self.databases.database_url(self.name)
        history_database.upgrade_database(self.task.environment, url, revision)

    def down(self, revision: str) -> None:
        url = self.databases.database_url(self.name)
        history_database.downgrade_database(self.task.environment, url, revision)

    def end(self) -> None:
        self.databases.drop_in_background(self.name)


def prove_move(task: AlembicCommand, databases: ScratchServer, move: Move) -> Proof:
    """Return what both orders build, up, down and up again; a failure is part of it."""
    major = server_features.major_of(databases.version)
    states: dict[str, States] = {}
    try:
        with status.doing("Proving the new order"):
            one_way, built = _new_order(task, databases, move, states)
    except UserError as error:
        return Proof(major, {}, str(error), fails_here=True)
    if not move.theirs:
        return Proof(major, states, one_way=one_way)
    try:
        with status.doing("Building the other order"):
            other = _other_order(task, databases, move)
    except UserError as error:
        return Proof(major, states, str(error), one_way=one_way)
    differences = tuple(one.label for one in list_differences(built, other))
    return Proof(major, states, differences=differences, one_way=one_way)


def _new_order(
    task: AlembicCommand,
    databases: ScratchServer,
    move: Move,
    states: dict[str, States],
) -> tuple[tuple[str, ...], Dump]:
    """Build the new order; return which downgrades lead back no more, and the dump at its end."""
    with shown_to(task.environment, reordered_script(move.history, move.downs)):
        line = _begin(task, databases, move.onto)
        dump = line.dump
        # What the history begins with comes with its first revision, since no line has it.
        parts = line.parts if move.onto else {}
        for one in move.own:
            line.up(one.revision)
            before, dump, there, parts = dump, line.dump, parts, line.parts
            states[one.revision] = States(
                state_of_dump(before), state_of_dump(dump), part_changes(there, parts)
            )
        astray = _astray(line, move, move.onto, states)
        line.end()
    if astray and move.is_needed:
        with shown_to(task.environment, reordered_script(move.history, {})):
            now = _begin(task, databases, move.fork)
            old: dict[str, States] = {}
            for one in move.own:
                start = state_of_dump(now.dump)
                now.up(one.revision)
                old[one.revision] = States(start, state_of_dump(now.dump))
            astray = [one for one in astray if one not in _astray(now, move, move.fork, old)]
            now.end()
    else:
        astray = []
    return tuple(astray), dump


def _astray(line: _Line, move: Move, start: str, states: Mapping[str, States]) -> list[str]:
    """Take the revisions back one by one; return the first that does not lead where it began.

    At the end all run again, which is to lead where they led before.
    """
    if not move.own:
        return []
    starts = [start, *(one.revision for one in move.own)]
    for one, before in reversed(list(zip(move.own, starts, strict=False))):
        try:
            line.down(before or "base")
        except UserError:
            return [one.revision]
        if state_of_dump(line.dump) != states[one.revision].before:
            return [one.revision]
    last = move.own[-1].revision
    try:
        line.up(last)
    except UserError:
        return [last]
    return [] if state_of_dump(line.dump) == states[last].after else [last]


def _other_order(task: AlembicCommand, databases: ScratchServer, move: Move) -> Dump:
    """Return what there is where this branch's revisions run before the other's."""
    new = {one.revision for one in move.theirs}
    last = move.own[-1].revision
    downs = {one.revision: last for one in move.theirs if new.isdisjoint(parents_of(one))}
    with shown_to(task.environment, reordered_script(move.history, downs)):
        line = _begin(task, databases, move.fork)
        line.up(last)
        line.up(move.onto)
        dump = line.dump
        line.end()
    return dump


def _begin(task: AlembicCommand, databases: ScratchServer, revision: str) -> _Line:
    revisions = (revision,) if revision else ()
    name = history_database.create_at_revisions(databases, task.environment, revisions)
    return _Line(task, databases, name)
