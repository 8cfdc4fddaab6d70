"""Build the models' tables and entities in an empty database."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg2
from sqlalchemy import text
from sqlalchemy.schema import AddConstraint

from alembic_pg.autogenerate.sides import left_out
from alembic_pg.autogenerate.sides.build_statements import (
    BuildStatement,
    build_statements,
    handwritten_text,
    not_valid_constraints,
    schemas_of_tables,
    statement_label,
    statements_after_tables,
    statements_before_tables,
)
from alembic_pg.autogenerate.sides.recording import AskedError
from alembic_pg.console import status
from alembic_pg.database.batches import batches, outcomes
from alembic_pg.database.connect import connect
from alembic_pg.database.session import as_message
from alembic_pg.database.text_dialect import dialect_without_marks
from alembic_pg.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor, Future

    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.engine.interfaces import Dialect
    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models

_SUBSCRIPTIONS = """
SELECT subname FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid
WHERE d.datname = current_database()
"""

# What only works, or can only be taken back, where all statements are one transaction.
_NEEDS_ONE_TRANSACTION = re.compile(
    r"\b(SET\s+(LOCAL|CONSTRAINTS)|set_config|SUBSCRIPTION)\b", re.IGNORECASE
)


def compiled_statements(
    models: Models, dialect: Dialect, *, schema: str | None = None
) -> list[BuildStatement] | None:
    """Return the statements that build the models, with their texts, and execute none.

    None where only the build itself can tell: a listener asks the database, or a statement has no
    text. dialect: of a connection to the server. schema: as for build_models().
    """
    try:
        steps = build_statements(models, {schema} if schema else set())
    except AskedError:
        return None
    texts = _compile_statements(steps, dialect_without_marks(dialect))
    if isinstance(texts, Exception):
        return None
    return [replace(step, text=text) for step, text in zip(steps, texts, strict=True)]


def build_models(
    models: Models,
    url: URL,
    *,
    source: str,
    schema: str | None = None,
    steps: Sequence[BuildStatement] | None = None,
) -> list[BuildStatement]:
    """Build the models in an empty database; return the statements that did it.

    Statements that are sent together are one transaction: one of all of them would hold so many
    locks that the server is busy with counting them. A statement that needs something which is
    not there yet is tried again after the others; the build fails when a whole round brings
    nothing new.
    schema: one that is there without the models. steps: what compiled_statements() returned.
    Raises UserError with PostgreSQL's own message and the object's name.
    """
    there = {schema} if schema else set()
    built: dict[int, BuildStatement] = {}
    if needed := left_out.needed_stand_ins(replace(models, left_out=models.missing_tables)):
        with connect(url, source=source) as connection, connection.begin():
            for stand_in in needed:
                stand_in.make(connection)
    try:
        waiting = build_statements(models, there) if steps is None else steps
    except AskedError:
        _build_with_answers(models, url, source, there, built)
        return [*built.values()]
    with status.doing("Building the models in a scratch database"):
        _build(models, url, source, waiting, built)
    return [*built.values()]


def _build(
    models: Models,
    url: URL,
    source: str,
    waiting: Sequence[BuildStatement],
    built: dict[int, BuildStatement],
) -> None:
    """Build the models by known statements. built: see `_run_round`."""
    texts = [handwritten_text(step.statement) for step in waiting]
    apart = not any(map(_NEEDS_ONE_TRANSACTION.search, texts))
    with (
        connect(url, source=source, autocommit=apart) as connection,
        connection.begin(),
        ThreadPoolExecutor(1) as sender,
    ):
        _run_rounds(models, connection, sender, waiting, built)
        _refuse_subscriptions(connection)


def _refusal_error(
    models: Models, connection: Connection, failed: Sequence[tuple[BuildStatement, Exception]]
) -> UserError:
    """Return the error that lists all that PostgreSQL refuses."""
    # Here because hardly a command needs it.
    from alembic_pg.autogenerate.sides import refusals  # noqa: PLC0415

    dialect = dialect_without_marks(connection.dialect)

    def attempt(statement: ClauseElement) -> Exception | None:
        step = BuildStatement(statement, "")
        return _send_script(connection, _compile_statements([step], dialect))

    return refusals.refusal_error(
        models, [(step.statement, step.label, error) for step, error in failed], attempt
    )


def _build_with_answers(
    models: Models, url: URL, source: str, there: set[str], built: dict[int, BuildStatement]
) -> None:
    """Build the models with listeners that ask the database what is there already.

    create_all() runs on the database itself. What a listener executes and PostgreSQL refuses is
    tried again when the entities are made. built: where the statements are kept with their texts.
    """
    # Here because hardly a project needs it.
    from alembic_pg.autogenerate.sides import patient_connection  # noqa: PLC0415

    not_valid = [AddConstraint(constraint) for constraint in not_valid_constraints(models)]
    with (
        connect(url, source=source) as connection,
        connection.begin(),
        ThreadPoolExecutor(1) as sender,
    ):
        # Those of tables only are made when one is missed: a listener may ask whether they are.
        first = {entity.schema for entity in models.entities} | there
        before = statements_before_tables(models, first)
        _run_rounds(models, connection, sender, before, built)
        missing = schemas_of_tables(models) - first
        try:
            refused = patient_connection.create_all(models, connection, first, missing, built)
        except patient_connection.CreationError as error:
            _run_rounds(models, connection, sender, error.tables, {})  # which tells what is wrong
            raise UserError(str(error)) from error
        late = [BuildStatement(one, statement_label(one)) for one in (*not_valid, *refused)]
        after = [*late, *statements_after_tables(models)]
        _run_rounds(models, connection, sender, after, built)
        _refuse_subscriptions(connection)


def _run_rounds(
    models: Models,
    connection: Connection,
    sender: Executor,
    waiting: Sequence[BuildStatement],
    built: dict[int, BuildStatement],
) -> None:
    """Run statements; what fails is tried again, until a whole round brings nothing new."""
    while waiting:
        failed = list(_run_round(connection, sender, waiting, built))
        if len(failed) == len(waiting):
            raise _refusal_error(models, connection, failed) from failed[0][1]
        waiting = [step for step, _ in failed]


def _refuse_subscriptions(connection: Connection) -> None:
    """Raise UserError where the models make a subscription.

    It is known to the whole server, and no database that has one can be dropped.
    """
    for name in connection.scalars(text(_SUBSCRIPTIONS)):
        raise UserError(
            f"The models make the subscription {name}, which belongs to one server: "
            "make it by hand there, not in the models."
        )


def _run_round(
    connection: Connection,
    sender: Executor,
    steps: Sequence[BuildStatement],
    built: dict[int, BuildStatement],
) -> Iterator[tuple[BuildStatement, Exception]]:
    """Run all statements, many at once; yield those that failed, with their reasons.

    The server works on some while the next are compiled. built: where they are kept with their
    texts, each once.
    """
    dialect = dialect_without_marks(connection.dialect)

    def failures(
        batch: Sequence[BuildStatement], error: Exception | None
    ) -> Iterator[tuple[BuildStatement, Exception]]:
        for step, why in outcomes(batch, error, attempt):
            if why is not None:
                yield step, why

    def attempt(some: Sequence[BuildStatement]) -> Exception | None:
        return _send_script(connection, _compile_statements(some, dialect))

    there = len(built)
    sent: tuple[Future[Exception | None], Sequence[BuildStatement]] | None = None
    for batch in batches(steps):
        status.reached("statement", len(built) + 1, there + len(steps))
        texts = _compile_statements(batch, dialect)
        if not isinstance(texts, Exception):
            built |= {
                id(step): replace(step, text=one) for step, one in zip(batch, texts, strict=True)
            }
        if sent:
            yield from failures(sent[1], sent[0].result())
        sent = sender.submit(_send_script, connection, texts), batch
    if sent:
        yield from failures(sent[1], sent[0].result())


def _send_script(connection: Connection, texts: list[str] | Exception) -> Exception | None:
    """Send statements together; return why they fail, and undo them, if one of them does."""
    if isinstance(texts, Exception):
        return texts
    driver: Any = connection.connection.dbapi_connection
    apart = driver.autocommit
    with closing(driver.cursor()) as cursor:
        if not apart:
            cursor.execute("SAVEPOINT step")
        try:
            cursor.execute(as_message(texts))
        except psycopg2.Error as error:
            if not apart:
                cursor.execute("ROLLBACK TO SAVEPOINT step")
            return error
        if not apart:
            cursor.execute("RELEASE SAVEPOINT step")
    return None


def _compile_statements(steps: Sequence[BuildStatement], dialect: Dialect) -> list[str] | Exception:
    """Return statements as the server takes them, or why they cannot be said."""
    try:
        return [
            step.text or str(step.statement.compile(dialect=dialect)).strip().rstrip(";")
            for step in steps
        ]
    except Exception as error:  # noqa: BLE001  # a type's or @compiles' own: anything
        return error
