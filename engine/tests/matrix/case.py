"""One pair of models: a case of the matrix."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from dataclasses import dataclass, field

from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides import entities

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
    gives the same answer on ``after``. says: what has to stand in the revisions.
    avoids: what must not.
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
    avoids: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """What pytest calls the case."""
        since = f" (PostgreSQL {self.since})" if self.since else ""
        return f"{self.kind}: {self.attribute}{since}"


def load(source: str) -> Models:
    """Return what a module of the case declares."""
    name = f"matrix_models_{next(_NUMBERS)}"
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(PRELUDE + source, module.__dict__)  # noqa: S102  # the cases are ours
    sys.modules[name] = module
    try:
        return Models(module.m, tuple(entities.find_entities(name)))
    finally:
        del sys.modules[name]
