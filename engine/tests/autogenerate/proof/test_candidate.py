"""Operations are tried together, and one by one where one of them is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.proof.candidate import Candidate
from alembic_pg.database.batches import BATCH_SIZE
from alembic_pg.database.connect import connect
from alembic_pg.revisions.trial.text_session import TextSession
from sqlalchemy import event
from tests.autogenerate import rendering

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def tried(empty: URL, *statements: str) -> tuple[list[str], int]:
    """Return the statements that PostgreSQL takes, and how many savepoints that needed."""
    operations = [StatementOp("create", text, (text,), ()) for text in statements]
    candidate = Candidate(empty, "none", rendering.context())
    savepoints: list[str] = []
    with connect(empty, source="the tests") as connection:
        event.listen(connection, "savepoint", lambda *given: savepoints.append(given[1]))
        found = list(candidate.run_each(TextSession(connection), operations))
        connection.commit()
    assert [operation for operation, _ in found] == operations
    return [operation.label for operation, error in found if error is None], len(savepoints)


def test_what_works_has_one_savepoint_for_many(empty: URL) -> None:
    statements = [f"CREATE TABLE t{number} (a int);" for number in range(BATCH_SIZE)]
    assert tried(empty, *statements) == (statements, 1)


def test_one_that_is_refused_takes_no_other_with_it(empty: URL) -> None:
    tables = [f"CREATE TABLE t{number} (a int);" for number in range(6)]
    refused = ["CREATE VIEW v AS SELECT a FROM nowhere;", "CREATE TABLE t5 (b int);"]
    taken, savepoints = tried(empty, *tables[:3], refused[0], *tables[3:], refused[1])
    assert taken == tables
    assert savepoints < 2 * len(tables + refused)
    assert {key for key in pg_dump.dump_database(empty) if key.startswith("TABLE")} == {
        f"TABLE public.t{number}" for number in range(6)
    }
