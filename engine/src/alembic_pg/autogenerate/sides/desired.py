"""Build the models' tables and entities in an empty database."""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg2
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, MetaData, text
from sqlalchemy.dialects.postgresql.named_types import CreateEnumType
from sqlalchemy.engine import create_mock_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import AddConstraint

from alembic_pg.autogenerate.sides import entities
from alembic_pg.database.batches import batches, outcomes
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from sqlalchemy import Constraint
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


@dataclass(frozen=True)
class BuildStatement:
    """Hold one statement of the build, and what a message calls it."""

    statement: ClauseElement
    label: str


def build_models(models: Models, url: URL, *, source: str, schema: str | None = None) -> list[str]:
    """Build the models in an empty database; return the statements that did it.

    Statements that are sent together are one transaction: one of all of them would hold so many
    locks that the server is busy with counting them. A statement that needs something which is
    not there yet is tried again after the others; the build fails when a whole round brings
    nothing new.
    schema: one that is there without the models.
    Raises UserError with PostgreSQL's own message and the object's name.
    """
    waiting = _build_statements(models, {schema} if schema else set())
    built: list[str] = []
    apart = not any(
        _NEEDS_ONE_TRANSACTION.search(_handwritten_text(step.statement)) for step in waiting
    )
    with (
        connect(url, source=source, autocommit=apart) as connection,
        connection.begin(),
        ThreadPoolExecutor(1) as sender,
    ):
        while waiting:
            failed = list(_run_round(connection, sender, waiting, built))
            if len(failed) == len(waiting):
                raise _refusal_error(models, connection, failed) from failed[0][1]
            waiting = [step for step, _ in failed]
        _refuse_subscriptions(connection)
    return built


def _refusal_error(
    models: Models, connection: Connection, failed: Sequence[tuple[BuildStatement, Exception]]
) -> UserError:
    """Return the error that lists all that PostgreSQL refuses."""
    # Here because hardly a command needs it.
    from alembic_pg.autogenerate.sides import refusals  # noqa: PLC0415

    dialect = _dialect_without_marks(connection.dialect)

    def attempt(statement: ClauseElement) -> Exception | None:
        step = BuildStatement(statement, "")
        return _send_script(connection, _compile_statements([step], dialect))

    return refusals.refusal_error(
        models, [(step.statement, step.label, error) for step, error in failed], attempt
    )


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
    built: list[str],
) -> Iterator[tuple[BuildStatement, Exception]]:
    """Run all statements, many at once; yield those that failed, with their reasons.

    The server works on some while the next are compiled. built: where their texts are kept.
    """
    dialect = _dialect_without_marks(connection.dialect)

    def failures(
        batch: Sequence[BuildStatement], error: Exception | None
    ) -> Iterator[tuple[BuildStatement, Exception]]:
        for step, why in outcomes(batch, error, attempt):
            if why is not None:
                yield step, why

    def attempt(some: Sequence[BuildStatement]) -> Exception | None:
        return _send_script(connection, _compile_statements(some, dialect))

    sent: tuple[Future[Exception | None], Sequence[BuildStatement]] | None = None
    for batch in batches(steps):
        texts = _compile_statements(batch, dialect)
        if not isinstance(texts, Exception):
            built += texts
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
            cursor.execute(";\n".join(texts))
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
        return [str(step.statement.compile(dialect=dialect)).strip().rstrip(";") for step in steps]
    except (SQLAlchemyError, ValueError, TypeError) as error:  # a % in DDL() that is not doubled
        return error


def _dialect_without_marks(dialect: Dialect) -> Dialect:
    """Return a dialect that writes no marks for the driver's parameters."""
    plain = copy.copy(dialect)
    plain.paramstyle = "named"  # else percent signs are doubled for the driver
    plain.identifier_preparer = plain.preparer(plain)
    return plain


def _build_statements(models: Models, there: set[str]) -> list[BuildStatement]:
    """Return all statements of the build in the order in which they most likely work."""
    early: list[BuildStatement] = []
    late: list[BuildStatement] = []
    for entity in models.entities:
        step = BuildStatement(entity.to_sql_statement_create(), entities.entity_label(entity))
        (early if isinstance(entity, entities.BEFORE_TABLES) else late).append(step)
    tables = _create_all_statements(models)
    # Schemas first, since an extension or a function may live in one.
    schemas = [
        BuildStatement(text(f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)}"), f"schema {name}")
        for name in sorted((_schema_names(models, tables) | there) - {"public"})
    ]
    return [*schemas, *early, *tables, *late]


def _create_all_statements(models: Models) -> list[BuildStatement]:
    """Return what create_all() would execute, the listeners' statements in their places.

    A constraint that is declared NOT VALID comes after the tables: in CREATE TABLE PostgreSQL
    takes it for valid.
    """
    steps: list[BuildStatement] = []
    types: set[tuple[str | None, str]] = set()
    not_valid = [AddConstraint(constraint) for constraint in _not_valid_constraints(models)]

    def record(statement: Any, *_: object, **__: object) -> None:  # noqa: ANN401  # SQLAlchemy's
        step = BuildStatement(statement, _statement_label(statement))
        if isinstance(statement, CreateEnumType):
            place = (statement.element.schema, str(statement.element.name))
            if place in types:
                return  # that of another MetaData, too
            types.add(place)
        steps.append(step)

    every = models.metadata
    server = create_mock_engine("postgresql+psycopg2://", record)
    try:
        for metadata in [every] if isinstance(every, MetaData) else every:
            metadata.create_all(server, checkfirst=False)
    except SQLAlchemyError as error:
        from alembic_pg.autogenerate.sides import refusals  # noqa: PLC0415  # as above

        raise refusals.incomplete_error(models, error) from error
    # Foreign keys that form a circle, create_all() adds itself.
    added = [s.statement.element for s in steps if isinstance(s.statement, AddConstraint)]
    for statement in not_valid:
        if statement.element not in added:
            record(statement)
    return steps


def _not_valid_constraints(models: Models) -> list[Constraint]:
    """Return the constraints with ``postgresql_not_valid=True``, table by table."""
    return [
        constraint
        for table in models.tables
        for constraint in sorted(table.constraints, key=lambda one: str(one.name))
        if isinstance(constraint, (CheckConstraint, ForeignKeyConstraint))
        and constraint.dialect_options["postgresql"]["not_valid"]
    ]


def _schema_names(models: Models, made: Iterable[BuildStatement]) -> set[str]:
    """Return the schemas that entities live in, and what create_all() makes.

    made: the statements that make tables, enums, domains and sequences.
    """
    elements = (getattr(step.statement, "element", None) for step in made)
    schemas = {getattr(element, "schema", None) for element in elements}
    return {name for name in schemas if name} | {entity.schema for entity in models.entities}


def _handwritten_text(statement: Any) -> str:  # noqa: ANN401  # any DDL element
    """Return what a person wrote of a statement, "" where SQLAlchemy writes it."""
    return str(getattr(statement, "statement", "") or getattr(statement, "text", ""))


def _statement_label(statement: Any) -> str:  # noqa: ANN401  # any DDL element
    """Return what to call a statement in a message: its object, or how it begins."""
    target = getattr(statement, "element", None)
    name = getattr(target, "fullname", None) or getattr(target, "name", None)
    if name:
        return f"{getattr(target, '__visit_name__', 'object').replace('_', ' ').lower()} {name}"
    words = " ".join(str(getattr(statement, "statement", statement)).split())
    return f'"{words[:60]}"'
