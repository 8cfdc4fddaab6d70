"""Turn an exception raised while revisions run into a UserError with a sentence."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.script.revision import MultipleHeads
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.errors import UserError
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from alembic_pg.revisions.current_revision import RunState

_ALREADY_EXISTS = {
    SqlState.DUPLICATE_COLUMN,
    SqlState.DUPLICATE_FUNCTION,
    SqlState.DUPLICATE_OBJECT,
    SqlState.DUPLICATE_SCHEMA,
    SqlState.DUPLICATE_TABLE,
}

# What the server says, of a table, an extension, a schema ….
_MUST_BE_OWNER = re.compile(r"must be owner of (?P<what>[a-z][a-z ]* \S+|.+)$")

_DENIED = re.compile(r"permission denied for (?P<what>[a-z][a-z ]* \S+)$")

UNCHANGED = "{revision} fails: {why}; the database is as it was before it."
PARTLY_COMMITTED = (
    "{revision} fails: {why}; what its autocommit blocks and all before them did, stays."
)
RESUMABLE = (
    "{revision} fails: {why}; what it did before stays, and the next run goes on from there."
)
_ASKED = (
    "has sent past the operations and committed by itself stays, and the next run asks what of it "
    "is done."
)
UNTRACKED = "{revision} fails: {why}; what it " + _ASKED
ELSEWHERE = (
    "{revision} fails: {why}; what it has committed on a connection of its own stays, and the next "
    "run does that again."
)
NO_SQL = "{revision} cannot be written as SQL: {why}."


@contextmanager
def explain_failures(
    environment: EnvironmentContext, running: RunState, sentence: str = UNCHANGED
) -> Iterator[None]:
    """Turn what goes wrong inside into a UserError; what Alembic says clearly stays its own.

    running: what is known of the run at that moment. sentence: what to say of a revision that
    fails, UNCHANGED or NO_SQL.
    """
    script = environment.script
    try:
        yield
    except CommandError as error:
        if isinstance(error, UserError):
            if not running.refused_by:
                raise
            raise UserError(f"{error}\n{running.refused_by}") from error
        unknown = [head for head in running.heads if not _has_revision(script, head)]
        if any(f"'{head}'" in str(error) for head in unknown):
            names, s = ", ".join(unknown), "s" if len(unknown) > 1 else ""
            reset = "\nOr throw the embedded database away: alembic-pg reset"
            raise UserError(
                f"The database is at revision{s} {names}, which this tree does not have: a newer "
                "release upgraded it, or another branch. Use that tree; or, with that branch, "
                f"alembic downgrade, then this one.{reset if running.where else ''}"
            ) from error
        if isinstance(error.__cause__, MultipleHeads):
            raise _several_heads_error(script) from error
        raise
    except BrokenPipeError:
        raise  # nobody reads what is written
    except KeyboardInterrupt as error:
        _note_what_stays(error, running)
        raise
    except Exception as error:
        if running.step is None and not isinstance(error, SQLAlchemyError):
            raise  # a revision file that cannot be loaded
        sentence = _sentence_about(running) or sentence
        text = sentence.format(revision=running.label, why=errors.describe_error(error))
        failure = UserError(text + _hint(environment, error, running))
        _note_what_stays(failure, running)  # a signal may have cancelled the statement
        raise failure from error


def _note_what_stays(error: BaseException, running: RunState) -> None:
    """Let the sentence about an interruption tell what is not rolled back, if anything."""
    if running.committed_untracked:
        name = running.label.replace("Revision", "revision", 1)
        error.add_note(f"What {name} {_ASKED}")


def _hint(environment: EnvironmentContext, error: Exception, running: RunState) -> str:
    """Return what to do about a failure, as a line of its own, "" where nothing is known."""
    from alembic_pg import history_start  # noqa: PLC0415  # a run that fails is rare
    from alembic_pg.database import missing_features  # noqa: PLC0415  # as above

    if running.refused_by:
        return f"\n{running.refused_by}"
    state = errors.sqlstate(error)
    if extension := missing_features.missing_extension(error):
        return (
            f"\nInstall the extension {extension} on the server, "
            "or name a server that has it in DATABASE_URL."
        )
    if state == SqlState.INSUFFICIENT_PRIVILEGE and (way := _way_to_right(error)):
        return f"\n{way}"
    if state == SqlState.READ_ONLY_SQL_TRANSACTION:
        return "\nName the primary in DATABASE_URL, and a role whose transactions may write."
    if running.hint and state in _ALREADY_EXISTS:
        return f"\n{running.hint}"
    start = history_start.start_hint(environment, running.step, error)
    return f"\n{start}" if start else ""


def _way_to_right(error: Exception) -> str:
    """Return who has the right that the role lacks, "" where the server does not say of what."""
    said = errors.describe_error(error)
    if owned := _MUST_BE_OWNER.search(said):
        what = owned["what"].removeprefix("relation ")
        return f"Only the owner of {what} may do that: name that role in DATABASE_URL."
    if denied := _DENIED.search(said):
        return (
            f"Name the owner of the {denied['what']} in DATABASE_URL, or let it GRANT this role "
            "what it needs."
        )
    return ""


def _sentence_about(running: RunState) -> str:
    """Return what to say of what a revision has committed, "" where it has nothing."""
    if running.committed_untracked:
        return UNTRACKED
    if running.committed_elsewhere:
        return ELSEWHERE
    if running.partly_committed or running.resumed:
        return PARTLY_COMMITTED if running.wrap_function is None else RESUMABLE
    return ""


def with_ways_on(error: UserError, way: str) -> UserError:
    """Return an error of an upgrade that is half done, with what a person can do then.

    way: as a part of a sentence; "" where it has committed by itself what nobody has noted.
    """
    goes_on = f"did before stays: the next run goes on from there{way}" if way else _ASKED
    return UserError(f"{error}\nWhat it {goes_on}")


def _several_heads_error(script: ScriptDirectory) -> UserError:
    heads = [script.get_revision(head) for head in sorted(script.get_heads())]
    names = " and ".join(map(revision_label, heads))
    return UserError(
        f"There are {len(heads)} heads: {names}. "
        'Join them: alembic merge heads -m "merge", or name the one you mean.'
    )


def _has_revision(script: ScriptDirectory, revision: str) -> bool:
    try:
        return script.get_revision(revision).revision == revision
    except CommandError:
        return False
