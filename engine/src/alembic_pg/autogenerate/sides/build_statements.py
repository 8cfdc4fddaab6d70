"""List the statements that build the models, in the order in which they most likely work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sqlalchemy import DDL, CheckConstraint, ForeignKeyConstraint, MetaData, Table, text
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.dialects.postgresql.named_types import CreateDomainType, CreateEnumType
from sqlalchemy.schema import AddConstraint, CreateSchema, CreateSequence, CreateTable
from sqlalchemy.sql.elements import TextClause

from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.scope.models import each_metadata
from alembic_pg.autogenerate.sides import entities, text_parameters
from alembic_pg.autogenerate.sides.recording import AskedError, RecordingConnection
from alembic_pg.sql.quoting import quote_name
from alembic_pg.sql.split import statement_cursors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy import Constraint
    from sqlalchemy.sql.elements import ClauseElement

    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.sql.cursor import Cursor


# What makes an object that several tables may use, be it of several MetaData.
_SHARED = (CreateEnumType, CreateDomainType, CreateSequence)


@dataclass(frozen=True)
class BuildStatement:
    """Hold one statement of the build, and what a message calls it.

    text: as it is sent to the server, "" while nobody has compiled it. table: the one that it makes
    or makes a part of, where SQLAlchemy wrote it. by_hand: whether it may do anything. entity: the
    one that it makes.
    """

    statement: ClauseElement
    label: str
    text: str = ""
    table: Table | None = None
    by_hand: bool = False
    entity: ReplaceableEntity | None = None

    @cached_property
    def table_key(self) -> str:
        """The key of the table that it makes a part of, as dumps have it; "" of none."""
        return "" if self.table is None else table_key(self.table.schema, self.table.name)


def build_statements(models: Models, there: set[str]) -> list[BuildStatement]:
    """Return all statements of the build in the order in which they most likely work.

    there: schemas that are there without the models. Raises AskedError where a listener asks the
    database, UserError where SQLAlchemy takes a word for a parameter.
    """
    text_parameters.refuse_parameters(models.built_tables)
    tables = _create_all_statements(models)
    # What a listener creates is left to it: it may say whose the schema is, or not "if not exists".
    listened = {name for step in tables for name in created_schemas(step.statement)}
    names = (_schema_names(models, tables) | there) - listened
    first = _listeners_with_schemas(tables)
    moved = {*map(id, first)}
    rest = [step for step in tables if id(step) not in moved]
    before = statements_before_tables(models, names)
    return [*first, *before, *rest, *statements_after_tables(models)]


def _listeners_with_schemas(steps: Sequence[BuildStatement]) -> list[BuildStatement]:
    """Return what listeners do before the first table, where they have to do with schemas.

    They may create one in a way that is not seen: in a DO block, or renamed.
    """
    before = takewhile(lambda step: not isinstance(step.statement, CreateTable), steps)
    found = [step for step in before if step.by_hand or isinstance(step.statement, CreateSchema)]
    return found if any("schema" in _compiled(step.statement).lower() for step in found) else []


def _compiled(statement: ClauseElement) -> str:
    """Return a statement's text as far as it can be had."""
    try:
        return str(statement.compile(dialect=psycopg2.dialect()))
    except Exception:  # noqa: BLE001  # a type's or @compiles' own: the build says what it is
        return handwritten_text(statement)


def created_schemas(statement: Any) -> set[str]:  # noqa: ANN401  # any DDL element
    """Return the schemas that a listener's statement creates."""
    if isinstance(statement, CreateSchema):
        return {str(statement.element)}
    if "schema" not in handwritten_text(statement).lower():
        return set()
    cursors = statement_cursors(_compiled(statement))
    return {name for cursor in cursors if (name := _created_schema(cursor))}


def _created_schema(cursor: Cursor) -> str:
    """Return the schema that CREATE SCHEMA names, "" of another statement."""
    if not cursor.accept("CREATE", "SCHEMA"):
        return ""
    cursor.accept("IF", "NOT", "EXISTS")
    cursor.accept("AUTHORIZATION")  # without a name of its own it has the role's
    return cursor.identifier()


def handwritten_text(statement: Any) -> str:  # noqa: ANN401  # any DDL element
    """Return what a person wrote of a statement, "" where SQLAlchemy writes it."""
    return str(getattr(statement, "statement", "") or getattr(statement, "text", ""))


def statements_before_tables(models: Models, schemas: Iterable[str]) -> list[BuildStatement]:
    """Return what tables may need: schemas, extensions, functions."""
    # Schemas first, since an extension or a function may live in one.
    made = [
        BuildStatement(text(f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)}"), f"schema {name}")
        for name in sorted({*schemas} - {"public"})
    ]
    return [*made, *_entity_statements(models, early=True)]


def statements_after_tables(models: Models) -> list[BuildStatement]:
    """Return what needs tables."""
    return _entity_statements(models, early=False)


def _entity_statements(models: Models, *, early: bool) -> list[BuildStatement]:
    return [
        BuildStatement(
            entity.to_sql_statement_create(),
            entities.entity_label(entity),
            by_hand=type(entity) not in entities.CREATION_ORDER,
            entity=entity,
        )
        for entity in models.entities
        if isinstance(entity, entities.BEFORE_TABLES) is early
    ]


def tables_to_build(models: Models, metadata: MetaData) -> list[Table] | None:
    """Return the tables of a MetaData that are built, None where all are."""
    missing = models.missing_tables
    if missing.isdisjoint(metadata.tables.values()):
        return None
    return [table for table in metadata.tables.values() if table not in missing]


def _create_all_statements(models: Models) -> list[BuildStatement]:
    """Return what create_all() would execute, the listeners' statements in their places.

    A constraint that is declared NOT VALID comes after the tables: in CREATE TABLE PostgreSQL
    takes it for valid. Raises AskedError where a listener asks the database.
    """
    steps: list[BuildStatement] = []
    shared: set[tuple[str, str | None, str]] = set()
    not_valid = [AddConstraint(constraint) for constraint in not_valid_constraints(models)]

    def record(statement: Any, *_: object, **__: object) -> None:  # noqa: ANN401  # SQLAlchemy's
        by_hand = type(statement).__module__.partition(".")[0] != "sqlalchemy" or isinstance(
            statement, (DDL, TextClause)
        )
        table = None if by_hand else _owner(statement)
        step = BuildStatement(statement, statement_label(statement), table=table, by_hand=by_hand)
        if isinstance(statement, _SHARED):
            element = statement.element
            place = (type(statement).__name__, element.schema, str(element.name))
            if place in shared:
                return  # create_all() looks whether it is there
            shared.add(place)
        steps.append(step)

    server: Any = RecordingConnection(psycopg2.dialect(), record)
    try:
        for metadata in each_metadata(models.metadata):
            metadata.create_all(server, checkfirst=False, tables=tables_to_build(models, metadata))
    except Exception as error:
        # Whatever it is: it may have another answer of a real database, or says it there.
        raise AskedError from error
    # Foreign keys that form a circle, create_all() adds itself.
    added = [s.statement.element for s in steps if isinstance(s.statement, AddConstraint)]
    for statement in not_valid:
        if statement.element not in added:
            record(statement)
    return steps


def not_valid_constraints(models: Models) -> list[Constraint]:
    """Return the constraints with ``postgresql_not_valid=True``, table by table."""
    return [
        constraint
        for table in models.built_tables
        for constraint in sorted(table.constraints, key=lambda one: str(one.name))
        if isinstance(constraint, (CheckConstraint, ForeignKeyConstraint))
        and constraint.dialect_options["postgresql"]["not_valid"]
    ]


def schemas_of_tables(models: Models) -> set[str]:
    """Return the schemas of tables, their types and sequences, and of entities."""
    types = [column.type for table in models.built_tables for column in table.columns]
    items = [getattr(kind, "item_type", kind) for kind in types]
    sequences = [
        sequence
        for metadata in each_metadata(models.metadata)
        for sequence in metadata._sequences.values()  # noqa: SLF001  # no public name
    ]
    found = [getattr(one, "schema", None) for one in (*models.built_tables, *items, *sequences)]
    return {name for name in found if name} | {entity.schema for entity in models.entities}


def _schema_names(models: Models, made: Iterable[BuildStatement]) -> set[str]:
    """Return the schemas that entities live in, and what create_all() makes.

    made: the statements that make tables, enums, domains and sequences.
    """
    elements = (getattr(step.statement, "element", None) for step in made)
    schemas = {getattr(element, "schema", None) for element in elements}
    return {name for name in schemas if name} | {entity.schema for entity in models.entities}


def _owner(statement: Any) -> Table | None:  # noqa: ANN401  # any DDL element
    """Return the table that a statement of SQLAlchemy's makes, or makes a part of."""
    element = getattr(statement, "element", None)
    table = element if isinstance(element, Table) else getattr(element, "table", None)
    return table if isinstance(table, Table) else None


def statement_label(statement: Any) -> str:  # noqa: ANN401  # any DDL element
    """Return what to call a statement in a message: its object, or how it begins."""
    target = getattr(statement, "element", None)
    name = getattr(target, "fullname", None) or getattr(target, "name", None)
    if name:
        return f"{getattr(target, '__visit_name__', 'object').replace('_', ' ').lower()} {name}"
    words = " ".join(str(getattr(statement, "statement", statement)).split())
    return f'"{words[:60]}"'
