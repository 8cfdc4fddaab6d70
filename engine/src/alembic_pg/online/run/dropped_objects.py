"""Refuse a long step while an object is missing that the revision has dropped and creates later.

A long step commits what was done before it. Others would then meet a database without the view,
the trigger or the policy, until the revision comes to its CREATE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import Operations

from alembic_pg.online.run import large_tables
from alembic_pg.refusals import of_statements
from alembic_pg.revisions import statements
from alembic_pg.sql import split
from alembic_pg.sql.quoting import object_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner
    from alembic_pg.sql.cursor import QualifiedName

    ObjectKey = tuple[str, QualifiedName]

_KINDS = ("MATERIALIZED VIEW", "VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "POLICY", "RULE")


def refuse_missing_objects(runner: Runner, table: Relation) -> None:
    """Raise RefusedError where something would be missing while a large table's step lasts."""
    if large_tables.is_large(runner, table) and (name := next(recreated_later(runner), "")):
        large_tables.refuse_if_large(runner, table, of_statements.MISSING_OBJECT, name=name)


def recreated_later(runner: Runner) -> Iterator[str]:
    """Yield the names of what the open transaction has dropped, and the revision creates later."""
    try:
        yield from find_recreated(runner.executed, runner.running.step)
    finally:
        # The statements were listed with an op of their own.
        Operations(runner.context)._install_proxy()  # noqa: SLF001  # as Operations.context() does


def find_recreated(said: Iterable[str], step: Any) -> Iterator[str]:  # noqa: ANN401  # Alembic's step
    """Yield the names of what statements have dropped, and the revision of a step creates later.

    It may leave Alembic's op without a context.
    """
    gone: dict[ObjectKey, None] = {}
    for sql in said:
        gone |= dict.fromkeys(_dropped_by(sql))
        for thing in _created_by(sql):
            gone.pop(thing, None)
    if gone:
        later = {thing for sql in _revision_statements(step) for thing in _created_by(sql)}
        yield from (object_label(name) for kind, name in gone if (kind, name) in later)


def _dropped_by(sql: str) -> Iterable[ObjectKey]:
    cursor = split.first_statement(sql)
    kind = cursor.accept_any(*_KINDS) if cursor.accept("DROP") else ""
    cursor.accept("IF", "EXISTS")
    return [(kind, part.qualified_name()) for part in cursor.split_commas()] if kind else []


def _created_by(sql: str) -> Iterable[ObjectKey]:
    cursor = split.first_statement(sql)
    if not cursor.accept("CREATE"):
        return []
    cursor.accept("OR", "REPLACE")
    cursor.accept_any("RECURSIVE", "CONSTRAINT")
    kind = cursor.accept_any(*_KINDS)
    cursor.accept("IF", "NOT", "EXISTS")
    return [(kind, cursor.qualified_name())] if kind else []


def _revision_statements(step: Any) -> list[str]:  # noqa: ANN401  # Alembic's step
    """Return the statements of the revision, none where they cannot be known without running it."""
    if step is None:
        return []  # it is about to be written, and its order is not the last one
    module, up = step.revision.module, step.is_upgrade
    try:
        return [
            one.sql
            for one in statements.function_statements(module.upgrade if up else module.downgrade)
        ]
    except statements.UnreadableError:
        return []
