"""A generator of synthetic models for the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES_PER_MODULE = 25

HEAD = """
from __future__ import annotations

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import (
    BigInteger, CheckConstraint, Column, Enum, ForeignKey, Identity, Index, Integer, Numeric, Table,
    Text, UniqueConstraint, func, text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from models.base import Base

m = Base.metadata
"""

TABLE = """
Table(
    "table_{n}", m,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("title", Text, nullable=False, comment="What it is called"),
    Column("state", Enum("new", "done", name="state_{group}", metadata=m), nullable=False),
    Column("amount", Numeric(10, 2), server_default=text("0")),
    Column("data", JSONB, server_default=text("'{{}}'::jsonb")),
    Column("count", Integer, nullable=False, server_default="0"),
    Column("created_at", TIMESTAMP(timezone=True), server_default=func.now()),
    Column("note", Text),
    Column("code", Text, nullable=False),
    Column("parent_id", ForeignKey("table_{parent}.id", ondelete="CASCADE")),
    UniqueConstraint("code"),
    CheckConstraint("amount >= 0", name="amount"),
    Index(None, "created_at"),
    Index(None, text("lower(title)"), postgresql_where=text("note IS NOT NULL")),
    comment="Synthetic table {n}",
)
"""

ENTITIES = (
    """
entity_{n} = PGView(
    "public", "view_{n}", "SELECT id, title, count + {n} AS count FROM public.{table}"
)
""",
    """
entity_{n} = PGFunction(
    "public", "function_{n}(a integer)",
    "RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + {n} $$",
)
""",
    """
entity_{n} = PGFunction(
    "public", "touch_{n}()",
    "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.count = {n}; RETURN NEW; END $$",
)
""",
    """
entity_{n} = PGTrigger(
    "public", "trigger_{n}", on_entity="public.{table}",
    definition="BEFORE UPDATE ON public.{table} FOR EACH ROW EXECUTE FUNCTION touch_{last}()",
)
""",
    """
entity_{n} = PGPolicy(
    "public", "policy_{n}", on_entity="public.{table}",
    definition="AS PERMISSIVE FOR SELECT TO PUBLIC USING (count > {n})",
)
""",
    """
entity_{n} = PGGrantTable(
    schema="public", table="{table}", columns=["id", "title"], role="pg_monitor", grant="SELECT"
)
""",
)


def write(folder: Path, tables: int, entities: int) -> None:
    """Write a package of models: so many tables, and so many entities of all kinds."""
    for number, start in enumerate(range(0, tables, TABLES_PER_MODULE)):
        numbers = range(start, min(start + TABLES_PER_MODULE, tables))
        body = "".join(TABLE.format(n=n, group=number, parent=max(n - 1, 0)) for n in numbers)
        # One enum a module: the second table of it names the first one's.
        (folder / f"tables_{number}.py").write_text(HEAD + _one_enum(body, number))
    (folder / "entities.py").write_text(HEAD + "".join(_entities(tables, entities)))


def _one_enum(body: str, number: int) -> str:
    enum = f'Enum("new", "done", name="state_{number}", metadata=m)'
    return f"\nstate = {enum}\n" + body.replace(enum, "state")


def _entities(tables: int, entities: int) -> Iterator[str]:
    """Yield entities of each kind in turn; a view where a grant would be a table's second one."""
    kinds = len(ENTITIES)
    for n in range(entities):
        turn, kind = divmod(n, kinds)
        kind = 0 if kind == kinds - 1 and turn >= tables else kind
        yield ENTITIES[kind].format(n=n, last=n - 1, table=f"table_{turn % max(tables, 1)}")
