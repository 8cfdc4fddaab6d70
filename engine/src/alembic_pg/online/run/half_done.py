"""Open the journal of a revision, and say where a half done one cannot simply go on."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.util import CommandError, to_tuple
from sqlalchemy import text

from alembic_pg.errors import UserError
from alembic_pg.online.run import journal, stored_text, ways_back
from alembic_pg.online.run.journal import Journal, ProgressNote
from alembic_pg.revisions.current_revision import place_name
from alembic_pg.revisions.statements import is_known, step_followers
from alembic_pg.sql import session_statements, split
from alembic_pg.sql.lexer import short_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script
    from sqlalchemy.engine import Connection

    from alembic_pg.online.run.open_transaction import OpenTransaction
    from alembic_pg.online.run.revision_transactions import RevisionTransactions


def open_journal(
    connection: Connection,
    table: str,
    revision: Script,
    direction: str,
    place: Callable[[ProgressNote], str],
) -> Journal:
    """Return the journal of a revision, at its first statement.

    place: returns where the database is, as place_before() does. Raises UserError when another
    revision is half done, or this one has committed what nobody has noted.
    """
    note = journal.read_note(connection, table)
    name = revision.revision
    if note is None:
        return new_journal(table, revision, direction)
    if (note.revision, note.direction) != (name, direction):
        before = f" before the {direction} of {name}"
        raise half_done_error(connection, note, table, place(note), before)
    if note.untracked:
        raise UserError(untracked_sentence(note, place(note)))
    return journal.resume(connection, table, note)


def half_done_error(
    connection: Connection, note: ProgressNote, table: str, at: str, before: str = ""
) -> UserError:
    """Return the error of a command while another one is half done.

    connection: with a transaction. table: Alembic's own. at: where the database is, and of several
    revisions first the one to which a downgrade takes it back. before: what has to wait for it.
    """
    way = at.partition(",")[0]
    goes_back = ways_back.can_be_taken_back(note, connection)
    back = f", or take it back: alembic downgrade {way}" if goes_back else ""
    return UserError(
        f"The {note.direction} of revision {note.revision} is half done: finish it{before}, by the "
        f"command that began it{back}; or clean up by hand, and run: "
        f"COMMENT ON TABLE {table} IS NULL"
    )


def place_before(context: MigrationContext, heads: Sequence[str], note: ProgressNote) -> str:
    """Return where the database is; first that from which a revision begins that is half done.

    heads: the revisions at which it is. note: of the one that is half done.
    """
    environment = context.environment_context
    before: tuple[str, ...] = ()
    if environment is not None and len(heads) > 1:
        with suppress(CommandError):  # this tree does not have it
            found = environment.script.get_revision(note.revision)
            before = to_tuple(found.down_revision, default=())
    return place_name(sorted(heads, key=lambda one: (one not in before, one)))


def new_journal(table: str, revision: Script, direction: str) -> Journal:
    """Return the journal of a revision of which nothing is done."""
    note = ProgressNote(revision.revision, direction)
    return Journal(table, note, digest_source=partial(source_digest, revision))


def source_digest(revision: Script) -> str:
    """Return a digest of a revision's file, and of the files beside it that are no Python."""
    digest = hashlib.sha256()
    place = Path(revision.path)
    others = sorted(
        one for one in place.parent.rglob("*") if not one.name.endswith((".py", ".pyc"))
    )
    for one in [place, *others]:
        if one.is_file():
            digest.update(one.read_bytes())
    return digest.hexdigest()[:12]


def is_edited(note: ProgressNote, revision: Script) -> bool:
    """Return whether a revision's file is another one than when the note was first written."""
    return note.source != source_digest(revision)


def interrupted_text(opened: Journal) -> str:
    """Return the statement at which an earlier run ended, "" without, or where it is not kept."""
    return stored_text.whole_text(opened.note.text_of(opened.interrupted_at))


def finish_interrupted(runner: RevisionTransactions, *, passes_over: bool) -> None:
    """Finish the statement at which an earlier run ended; the revision then need not come to it.

    passes_over: whether the revision is through, and has passed it over.
    Raises UserError where it has, and nobody knows the whole statement.
    """
    opened = runner.journal
    with runner.track_statements():
        runner.run_pending()  # which may be the drop at which it ended
    key = opened.interrupted_at.partition(":")[0]
    sql = interrupted_text(opened)
    if not sql:
        if passes_over and key:
            raise UserError(_passed_over_sentence(opened, runner.running.label))
        return
    runner.context.execute(text(sql.replace(":", "\\:")))
    opened.interrupted_at = ""
    if not passes_over:
        opened.unmet.append(key)
        opened.finished_first = key


def see_to_passed_over(runner: OpenTransaction) -> None:
    """Look for what a revision has passed over, since it found done what stands before that.

    Raises UserError where something that it has under one condition with what is done, is not; and
    tells of it where its source does not say what that is.
    """
    opened, note = runner.journal, runner.journal.note
    if not opened.unmet or is_known(runner.running.step):
        return
    followers = step_followers(runner.running.step)
    keys = {entry.partition(":")[0] for entry in note.done} | opened.texts.keys()
    known = {_words(opened.texts.get(key) or note.text_of(key)) for key in keys}
    texts = {key: stored_text.whole_text(note.text_of(key)) for key in opened.unmet}
    after = [sql for text in texts.values() for sql in followers.get(text, ())]
    lost = [sql for sql in after if _has_effect(sql) and _words(sql) not in known]
    lost = [sql for sql in lost if journal.statement_key(sql) not in keys]
    if lost:
        names = "; ".join(map(short_line, dict.fromkeys(lost)))
        place = place_before(runner.context, runner.running.heads, note).partition(",")[0]
        back = f"; or take back what is done: alembic downgrade {place}"
        raise UserError(
            f"{runner.running.label} passes over what it has under one condition with a statement "
            f"that the run before has done: {names}\nTake the condition out of its file and run "
            f"the same command{back if ways_back.can_be_taken_back(note) else ''}"
        )
    first = opened.finished_first
    if first in opened.unmet and "" in followers.get(texts[first], [""]):
        runner.warn(
            f"{runner.running.label} has passed over the statement at which the run before ended, "
            f"and which is finished now: {stored_text.name_of_stored(note.text_of(first))}\n"
            "What else stands under the same condition, it has passed over, too: see to it."
        )


def _has_effect(sql: str) -> bool:
    """Return whether a statement does something that stays."""
    may_write = bool(sql) and session_statements.may_write(sql)
    return may_write and not session_statements.is_session_statement(sql)


def _words(sql: str) -> str:
    """Return a statement on one line: SQLAlchemy writes a table on several."""
    return " ".join(sql.split())


def _passed_over_sentence(opened: Journal, label: str) -> str:
    said = stored_text.name_of_stored(opened.note.text_of(opened.interrupted_at))
    return (
        f"{label} passes over the statement at which the run before ended, and which is done in "
        f"part: {said}\nFinish it by hand, run: COMMENT ON TABLE {opened.table} IS NULL, and then "
        "the same command."
    )


def untracked_sentence(note: ProgressNote, at: str) -> str:
    """Return why a revision is not run again that has committed what nobody has noted."""
    ended = note.revision if note.direction == "upgrade" else f"the one below {note.revision}"
    return (
        f"The {note.direction} of revision {note.revision} is half done, and has committed by "
        f"itself what it sent past the operations ({note.untracked}): run again, it might do that "
        f"twice.\nIf its file finds what is done by itself, or you have undone by hand all it did: "
        f"alembic stamp {at.replace(',', '')}, then the same command. "
        "If you have done the rest by hand: "
        f"alembic stamp {ended}"
    )


def require_known_statement(opened: Journal, revision: Script, key: str, sql: str, at: str) -> None:
    """Raise UserError where a statement that is not done may be one that is, in other words.

    opened: the journal, some of whose statements were not met. What the revision finds done it may
    pass over, or meet in another order; with the file as it was, that is its own doing.
    """
    note = opened.note
    unmet = {*opened.unmet} - {opened.finished_first}
    if not unmet or opened.was_interrupted(key) or key in note.undone:
        return
    if is_edited(note, revision):
        raise _edited_error(opened)
    if opened.has_unmet_of_shape(key) and not _fails_twice(sql):
        back = (
            f", or take back what is done: alembic downgrade {at.partition(',')[0]}"
            if ways_back.can_be_taken_back(note)
            else ""
        )
        raise UserError(
            f"Revision {note.revision} has another text in each run, so nobody can tell whether "
            f"this statement is done: {short_line(sql)}\nWrite its values into the "
            "file, or give them as parameters (op.bulk_insert). To finish now: take out of the "
            f"file what is done, until it is through{back}; or clean up by hand and run: "
            f"COMMENT ON TABLE {opened.table} IS NULL"
        )


def settle_unmet(runner: OpenTransaction) -> None:
    """See to what is done and was not met, where a revision that was edited is through.

    One that asks a database may have passed it over, since it found it done. A statement of other
    constants in each run is to be taken out (require_known_statement() says so). In both cases it
    is told. Raises UserError in others.
    """
    opened, step = runner.journal, runner.running.step
    unmet = [
        text
        for key in opened.unmet
        if key != opened.finished_first
        and not stored_text.only_describes(text := opened.note.text_of(key))
    ]
    if not unmet or not is_edited(opened.note, step.revision):
        return
    if is_known(step):
        raise _edited_error(opened)
    names = "; ".join(map(stored_text.name_of_stored, unmet))
    runner.warn(
        f"{runner.running.label} was edited, and passed over what an earlier run has done, which "
        f"stays: {names}"
    )


def _edited_error(opened: Journal) -> UserError:
    note = opened.note
    number = f"{len(note.done)} statement{'s' * (len(note.done) != 1)}"
    return UserError(
        f"Revision {note.revision} was edited after its first {number} had run: undo that, "
        f"or clean up by hand and run: COMMENT ON TABLE {opened.table} IS NULL"
    )


def _fails_twice(sql: str) -> bool:
    """Return whether PostgreSQL refuses a statement that is done: ALTER TYPE … ADD VALUE, say."""
    return bool(split.first_statement(sql).accept_any("CREATE", "ALTER", "DROP"))
