"""One pair of models, and how a case of the matrix is run."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from ddl import autogenerate
from ddl.compare import desired, dump, entities, plugin, render, residue
from ddl.compare.comparison import Comparison
from ddl.compare.renamed import renamed
from ddl.database.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy.engine import URL

    from ddl.compare.entry import Dump
    from ddl.database.scratch import Scratch

PRELUDE = """
from __future__ import annotations

import enum

from sqlalchemy import *
from sqlalchemy.dialects.postgresql import *
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView

m = MetaData()

def before(sql):
    event.listen(m, "before_create", DDL(sql))

def after(sql):
    event.listen(m, "after_create", DDL(sql))

def table(*parts, name="t", **options):
    return Table(name, m, Column("id", BigInteger, primary_key=True), *parts, **options)
"""

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Case:
    """Two schemas that differ in one thing.

    kind: the object. attribute: what of it differs. before, after: bodies of a models' module, in
    which the names of PRELUDE are known. rows: SQL that fills the tables of ``before``, where a
    change could lose rows. oneway: the change back is refused, as it has to be. since: the first
    major version of PostgreSQL that has it. keeps: a query on ``before``, to which ``keeps_after``
    gives the same answer on ``after``. says: what has to stand in the upgrade.
    """

    kind: str
    attribute: str
    before: str
    after: str
    rows: str = ""
    oneway: bool = False
    since: int = 0
    keeps: str = ""
    keeps_after: str = ""
    says: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What pytest calls the case."""
        since = f" (PostgreSQL {self.since})" if self.since else ""
        return f"{self.kind}: {self.attribute}{since}"


def load(source: str) -> desired.Models:
    """Return what a module of the case declares."""
    name = f"matrix_models_{next(_NUMBERS)}"
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(PRELUDE + source, module.__dict__)  # noqa: S102  # the cases are ours
    sys.modules[name] = module
    try:
        return desired.Models(module.m, tuple(entities.find(name)))
    finally:
        del sys.modules[name]


@dataclass(frozen=True)
class Change:
    """A revision between two schemas, as it would be written."""

    up: str
    down: str


def write(databases: Scratch, template: str, before: Dump, models: desired.Models) -> Change:
    """Autogenerate the revision that leads from a database to the models."""
    target = databases.create()
    desired.build(models, databases.database(target), source="the tests")
    after = dump.of(databases.database(target))
    databases.drop(target)
    comparison = Comparison(databases, template, before, after, "alembic_version")
    autogenerate.silence_alembic_utils()
    copy = databases.create(template)
    with (
        renamed(comparison, models.metadata) as (rest, place),
        connect(place or databases.database(copy), source="the tests") as connection,
    ):
        comparison = rest
        context = MigrationContext.configure(
            connection=connection,
            opts={
                "target_metadata": models.metadata,
                "compare_type": comparison.columns.type_differs,
                "include_schemas": False,
                "autogenerate_plugins": autogenerate.COMPARATORS,
                plugin.OPTION: comparison,
                "alembic_module_prefix": "op.",
                "sqlalchemy_module_prefix": "sa.",
                "user_module_prefix": None,
                "render_item": render.item,
                "render_as_batch": False,
            },
        )
        with autogenerate.quiet():
            script = produce_migrations(context, models.metadata)
        rendering = AutogenContext(context, autogenerate=False)
        assert script.upgrade_ops is not None
        assert script.downgrade_ops is not None
        up = _render(rendering, script.upgrade_ops.ops)
        down = _render(rendering, script.downgrade_ops.ops)
    databases.drop(copy)
    return Change(up, down)


def _render(context: AutogenContext, operations: Sequence[MigrateOperation]) -> str:
    lines = [line for operation in operations for line in render_op(context, operation)]
    return "\n".join([*sorted(context.imports), *lines])


def run(url: URL, source: str) -> None:
    """Run a direction of a revision on a database."""
    with connect(url, source="the tests") as connection, connection.begin():
        names = {"op": Operations(MigrationContext.configure(connection=connection)), "sa": sa}
        exec(source, names)  # noqa: S102  # what autogenerate wrote


def execute(url: URL, script: str) -> None:
    """Run SQL on a database."""
    with connect(url, source="the tests") as connection, connection.begin():
        connection.exec_driver_sql(script)


def rows(url: URL, query: str) -> list[tuple[object, ...]]:
    """Return what a query finds in a database."""
    with connect(url, source="the tests") as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def differing(one: Dump, other: Dump) -> Iterator[str]:
    """Yield what differs, for the message of a failing test."""
    for key in residue.differing(one, other):
        old, new = one.get(key), other.get(key)
        yield f"{key}\n- {old.text if old else None}\n+ {new.text if new else None}"
