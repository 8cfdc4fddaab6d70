"""Prove with rows that a revision carries, fills or refuses them, and loses none in silence."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import compare, pg_dump
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.online.run.signals import RefusedError
from alembic_pg.proofs.fill import delete_rows, fill
from alembic_pg.proofs.misfits import find_misfits
from alembic_pg.proofs.stored_rows import changed_tables, losses, losses_on_the_way
from alembic_pg.proofs.tables import read_tables
from alembic_pg.proofs.walk import Walk, needed_revisions
from alembic_pg.refusals.refusal import Basis
from alembic_pg.revisions.current_revision import revision_label
from alembic_pg.revisions.destroys_declaration import VARIABLE, declaration_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from alembic.script import Script
    from sqlalchemy.engine import Connection

    from alembic_pg.proofs.fill import Filled
    from alembic_pg.proofs.stored_rows import Loss, Rows
    from alembic_pg.proofs.tables import Table
    from alembic_pg.proofs.walk import Project

# A table with a row is a large one, so that each statement takes the form that it has there; where
# the run refuses that form, whatever the rows are, they are tried as those of a small one.
_LARGE = {"large_table": "0"}
_SMALL: dict[str, str] = {}

_SHOWN = 300  # characters of PostgreSQL's message


@dataclass
class RowProof:
    """Hold what became of the rows of one revision.

    taken, fitting: how many rows the schema before it took, and how many of them the one after it
    takes, too. ends: what became of them, for a person. faults: sentences, none where all is well.
    """

    revision: Script
    taken: int = 0
    fitting: int = 0
    ends: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the proof as a line."""
        return (
            f"{revision_label(self.revision)}: {self.taken} rows, {self.fitting} fit after it: "
            f"{'; '.join(self.ends) or 'nothing to carry'}"
        )


def prove_rows(
    project: Project,
    revisions: Iterable[Script],
    *,
    given: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Iterator[RowProof]:
    """Yield what each revision does to generated rows of the schema before it.

    revisions: oldest first. given: texts of values by "table.column", where generated ones do not
    satisfy the schema. seed: the same one makes the same rows.
    """
    walk = Walk(project)
    try:
        for revision in revisions:
            proof = RowProof(revision)
            with ExitStack() as stack:
                before = stack.enter_context(project.copy(walk.before(revision)))
                after = stack.enter_context(project.copy(walk.follow(revision)))
                _Trial(project, proof, given or {}, seed).run(before, after)
            yield proof
    finally:
        walk.end()


class _FormRefusedError(Exception):
    """The run does not do on a large table what the revision says, whatever the rows are."""


@dataclass(frozen=True)
class _Trial:
    """One revision on its rows."""

    project: Project
    proof: RowProof
    given: Mapping[str, Sequence[str]]
    seed: int

    def run(self, before: str, after: str) -> None:
        """Fill the database before the revision, and take its rows up, down and up again."""
        later = {table.oid: table for table in self.project.tables(after)}
        with self._connection(before) as connection:
            tables = read_tables(connection, self.project.version_table)
            filled = fill(connection, tables, later, self.given, self.seed)
            connection.commit()
        self._tell_empty_tables(filled, tables)
        with self._connection(after) as connection:
            misfits = list(find_misfits(connection, filled.rows, later))
            connection.rollback()
        self.proof.taken = len(filled.rows)
        self.proof.fitting = self.proof.taken - len(misfits)
        if misfits:
            self._go(before, "all rows")
            with self._connection(before) as connection:
                delete_rows(connection, misfits)
                connection.commit()
        if self.proof.fitting:
            self._go(before, "the rows that fit")

    def _tell_empty_tables(self, filled: Filled, tables: Iterable[Table]) -> None:
        for table in tables:
            if not filled.count(table):
                self.proof.ends.append(
                    f"no row of {table.label} was taken of {filled.tried.get(table.label, 0)}"
                )

    def _go(self, source: str, rows: str) -> None:
        """Run a copy of the database up, down and up; a fault is told once."""
        try:
            self._go_with(source, rows, _LARGE)
        except _FormRefusedError as error:
            self.proof.ends.append(f"on a large table refused: {error}")
            self._go_with(source, f"{rows}, on a small one,", _SMALL)

    def _go_with(self, source: str, rows: str, options: Mapping[str, str]) -> None:
        """Do that with options of the run; raise _FormRefusedError where it refuses a form."""
        revision = self.proof.revision
        below = needed_revisions(revision)
        with self.project.copy(source) as database:
            old = self.project.rows(database)
            if why := self._refusal(
                self.project.upgrade, database, revision.revision, source, options
            ):
                self.proof.ends.append(f"{rows} refused: {why}")
                return
            first = self.project.rows(database)
            # A merge comes from several: nothing but a person knows to which to go back.
            if len(below) > 1:
                self.proof.ends.append(f"{rows} carried")
                self._tell_losses(losses_on_the_way(old, first), "upgrade()")
                return
            with self.project.copy(database) as at_revision:
                target = below[0] if below else "base"
                if why := self._refusal(
                    self.project.downgrade, database, target, at_revision, options
                ):
                    self.proof.ends.append(f"{rows} carried; the way back refuses: {why}")
                    self._tell_losses(losses_on_the_way(old, first), "upgrade()")
                    return
            self._tell_losses(losses(old, self.project.rows(database)), "up and down again")
            if why := self._refusal(
                self.project.upgrade, database, revision.revision, None, options
            ):
                self._blame(f"refuses, after down, the rows that it took before: {why}")
                return
            again = self.project.rows(database)
            self._tell_losses(losses(_known_before(first, old), again), "up, down and up again")
            self.proof.ends.append(f"{rows} carried, up, down and up")

    def _refusal(
        self,
        run: Callable[..., None],
        database: str,
        revision: str,
        untouched: str | None,
        options: Mapping[str, str],
    ) -> str:
        """Run; return why that is refused, "" where it is not.

        untouched: a database as this one was, which a refusal leaves so; None to look at nothing.
        options: of the run. Raises _FormRefusedError where it refuses what the revision says, and
        looks at no row.
        """
        try:
            run(database, revision, **options)
        except Exception as error:  # whatever a revision raises refuses the rows
            why = _reason(error)
            if options and _refuses_form(error):
                raise _FormRefusedError(why) from error
        else:
            return ""
        way = "upgrade()" if run == self.project.upgrade else "downgrade()"
        if untouched is not None and (changed := self._changes(untouched, database)):
            if way == "upgrade()" and self._is_taken_back(untouched, database):
                return f"{why} What it did before stays until alembic downgrade takes it back."
            self._blame(f"changes {', '.join(changed)} before {way} refuses the rows: {why}")
        return why

    def _is_taken_back(self, untouched: str, database: str) -> bool:
        """Return whether the way back of a run that stopped half-way leaves all as it was."""
        below = needed_revisions(self.proof.revision)
        try:
            self.project.downgrade(database, *(below or ("base",)))
        except Exception:  # noqa: BLE001  # there is none: a merge, or what nothing undoes
            return False
        return not self._changes(untouched, database)

    def _changes(self, untouched: str, database: str) -> list[str]:
        """Return what differs between two databases: rows of tables, objects."""
        rows = [
            f"rows of {name}"
            for name in changed_tables(self.project.rows(untouched), self.project.rows(database))
        ]
        table = self.project.version_table
        old, new = (
            pg_dump.dump_database(self.project.databases.database_url(name), version_table=table)
            for name in (untouched, database)
        )
        return rows + [(new.get(key) or old[key]).label for key in compare.differing_keys(old, new)]

    def _tell_losses(self, found: Iterable[Loss], way: str) -> None:
        said = list(getattr(self.proof.revision.module, VARIABLE, None) or ())
        lost = [one for one in found if not one.is_declared(said)]
        if lost:
            line = declaration_line([*said, *dict.fromkeys(one.declaration for one in lost)])
            self._blame(
                f"loses, {way}, {', '.join(map(str, lost))}. Let it keep them or, if that is "
                f"meant, add to it: {line}"
            )

    def _blame(self, sentence: str) -> None:
        told = f"Revision {revision_label(self.proof.revision)} {sentence}"
        if told not in self.proof.faults:
            self.proof.faults.append(told)

    def _connection(self, database: str) -> AbstractContextManager[Connection]:
        return connect(self.project.databases.database_url(database), source=SCRATCH_SOURCE)


def _known_before(rows: Rows, old: Rows) -> Rows:
    """Return the rows with what there was before the revision alone: tables and columns."""
    columns = {table.sql: {column.name for column in table.columns} for table in old.tables}
    tables = [
        replace(
            table,
            columns=tuple(one for one in table.columns if one.name in columns[table.sql]),
            key=table.key if set(table.key) <= columns[table.sql] else (),
        )
        for table in rows.tables
        if table.sql in columns
    ]
    return replace(rows, tables=tables)


def _refuses_form(error: Exception) -> bool:
    """Return whether a run has refused a statement for the size of a table, not for its rows."""
    refused = error if isinstance(error, RefusedError) else error.__cause__
    return isinstance(refused, RefusedError) and refused.refusal.kind.basis in {
        Basis.FORM,
        Basis.CATALOG,
    }


def _reason(error: Exception) -> str:
    """Return why a run failed, in one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_SHOWN]
