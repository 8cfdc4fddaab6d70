"""Count in the target which rows refuse what is pending; it is only read."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.database.errors import DATA_EXCEPTION_CLASS, SqlState
from alembic_pg.database.session import Session
from alembic_pg.preflight import failing_values
from alembic_pg.preflight.demand import Demand, Finding, Unasked
from alembic_pg.preflight.row_query import PLACE, TABLE_OF_ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection, Row

# Types to which a cast cuts a value off without a word, where an assignment fails.
_CUT_OFF = re.compile(r"(character varying|character|bit varying|bit)\(\d+\)(\[\])*")

_LIMITED_TEXT = re.compile(r"(?:character varying|character)\((\d+)\)")

# What an expression raises of which a row is the reason.
_OF_A_ROW = {SqlState.CHECK_VIOLATION, SqlState.NOT_NULL_VIOLATION}

_SETTINGS = (
    "SET LOCAL transaction_read_only = on",
    "SET LOCAL row_security = off",  # else rows that the role may not see would count as none
    # As what checks a foreign key (PostgreSQL's RI_Initial_Check), or its time would be another's.
    "SET LOCAL max_parallel_workers_per_gather = 0",
    "SELECT set_config('work_mem', current_setting('maintenance_work_mem'), true)",
    "SET LOCAL hash_mem_multiplier = 1",
    "SET LOCAL lock_timeout = '1s'",
    "SET LOCAL statement_timeout = {milliseconds}",
    "SET LOCAL idle_in_transaction_session_timeout = '1min'",
)


@dataclass(frozen=True)
class Counter(Session):
    """A connection to the target, or to its replica.

    limit: seconds that a question may take. values: whether the values of a row are told.
    """

    connection: Connection
    limit: float
    values: bool = False

    def find_all(self, asked: Sequence[tuple[str, Demand | Unasked]]) -> Iterator[Finding]:
        """Yield what the rows that are there say to demands, in their order.

        asked: each with the statement of which it is. Those of the same rows that each row answers
        by itself are one question.
        """
        known: dict[int, tuple[int, float, int]] = {}
        for places in _same_rows(asked):
            began = time.monotonic()
            counts = self._count_together([asked[at][1] for at in places])
            each = (time.monotonic() - began) / len(places)
            known |= {
                at: (count, each, len(places))
                for at, count in zip(places, counts, strict=bool(counts))
            }
        for at, (statement, demand) in enumerate(asked):
            if at in known and isinstance(demand, Demand):
                yield self._found_together(statement, demand, *known[at])
            else:
                yield self.find(statement, demand)

    def find(self, statement: str, demand: Demand | Unasked) -> Finding:
        """Return what the rows that are there say to a demand. statement: of which it is."""
        if isinstance(demand, Unasked):
            return Finding(statement, demand.kind, demand.label, why=demand.why)
        found = _uncounted(statement, demand)
        began = time.monotonic()
        try:
            found = self._count(demand, found)
        except DBAPIError as error:
            found = replace(found, why=self._why(error, demand))
        return replace(found, seconds=time.monotonic() - began)

    def _count_together(self, demands: Sequence[Demand | Unasked]) -> list[int]:
        """Return how many rows refuse each demand; nothing where they are to be asked one by one.

        demands: of the same rows.
        """
        asked = [one for one in demands if isinstance(one, Demand)]
        counts = [f"count(*) FILTER (WHERE {_both(one.wrong, one.where)})" for one in asked]
        rows = f"FROM ({asked[0].rows.sql}) AS {asked[0].alias}"
        try:
            with self._reading():
                return list(
                    self.one_row(f"SELECT {', '.join(counts)} {rows}")
                )  # parts of revisions
        except DBAPIError:
            return []  # one of them fails for a row, say: each tells by itself

    def _found_together(
        self, statement: str, demand: Demand, count: int, seconds: float, together: int
    ) -> Finding:
        found = _uncounted(statement, demand)
        found = replace(found, count=count, seconds=seconds, together=together)
        if not count:
            return found
        rows = (
            f"FROM ({demand.rows.sql}) AS {demand.alias} WHERE {_both(demand.wrong, demand.where)}"
        )
        try:
            with self._reading():
                return self._with_example(found, demand, rows)
        except DBAPIError:
            return found  # locked meanwhile, say: the count stands

    def read_all(self, query: str) -> Sequence[Row[Any]]:
        """Return what a query finds within the limits."""
        with self._reading():
            return self.fetch(query)

    def read(self, query: str) -> None:
        """Execute a query within the limits, for the time that it takes."""
        with self._reading():
            self.scalar(query)

    def _count(self, demand: Demand, found: Finding) -> Finding:
        if demand.operators:
            return self._count_where(demand, found, _excluded(demand), "")
        if demand.distinct_by:
            return self._count_equal(demand, found)
        if demand.evaluated:
            return self._count_failing(demand, found)
        try:
            return self._count_where(demand, found, demand.wrong, demand.where)
        except DBAPIError as error:
            if not _is_of_a_row(error):
                raise
        # A row for which the condition fails is refused like one for which it is true.
        return self._count_one_by_one(demand, found, f"NOT ({demand.wrong})", "boolean", "false")

    def _count_where(self, demand: Demand, found: Finding, wrong: str, where: str) -> Finding:
        rows = f"FROM ({demand.rows.sql}) AS {demand.alias} WHERE {_both(wrong, where)}"
        with self._reading():
            count = self.scalar(f"SELECT count(*) {rows}")
            if not count:
                return replace(found, count=0)
            return self._with_example(replace(found, count=count), demand, rows)

    def _count_equal(self, demand: Demand, found: Finding) -> Finding:
        """Count the values that are there more than once."""
        where = demand.where or "true"
        if not demand.nulls_equal:
            filled = " AND ".join(f"({key}) IS NOT NULL" for key in demand.distinct_by)
            where = f"({where}) AND {filled}"
        keys = ", ".join(f"({key})" for key in demand.distinct_by)
        rows = f"FROM ({demand.rows.sql}) AS {demand.alias} WHERE {where}"
        groups = f"SELECT {keys} {rows} GROUP BY {keys} HAVING count(*) > 1"
        with self._reading():
            count = self.scalar(f"SELECT count(*) FROM ({groups}) AS ddl_groups")  # noqa: S608  # parts of revisions
            if not count:
                return replace(found, count=0)
            equal = " AND ".join(
                f"({key}) IS NOT DISTINCT FROM ddl_group.key_{at}"
                for at, key in enumerate(demand.distinct_by)
            )
            named = ", ".join(f"({key}) AS key_{at}" for at, key in enumerate(demand.distinct_by))
            one = f"SELECT {named} {rows} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
            example = (
                f"FROM ({demand.rows.sql}) AS {demand.alias}, ({one}) AS ddl_group "
                f"WHERE {where} AND {equal}"
            )
            return self._with_example(replace(found, count=count), demand, example, most=2)

    def _count_failing(self, demand: Demand, found: Finding) -> Finding:
        """Count the rows for which an expression fails, or does not fit the type."""
        text = _LIMITED_TEXT.fullmatch(demand.as_type)
        if text is not None:
            # Spaces at the end are cut off in silence (PostgreSQL, 8.3).
            wrong = f"char_length(rtrim(({demand.evaluated})::text, ' ')) > {text[1]}"
            return self._count_where(demand, found, wrong, demand.where)
        if _CUT_OFF.fullmatch(demand.as_type) is None:
            where = demand.where or "true"
            rows = f"FROM ({demand.rows.sql}) AS {demand.alias} WHERE {where}"
            try:
                with self._reading():
                    self.scalar(f"SELECT count(({demand.evaluated})::{demand.as_type}) {rows}")
            except DBAPIError as error:
                if not _is_of_a_row(error):
                    raise
            else:
                return replace(found, count=0)
        return self._count_one_by_one(demand, found, demand.evaluated, demand.as_type, "")

    def _count_one_by_one(
        self, demand: Demand, found: Finding, expression: str, as_type: str, wrong_value: str
    ) -> Finding:
        with self._reading():
            count, at_least, place = failing_values.count(
                self, demand, expression, as_type, wrong_value, self.limit
            )
            found = replace(found, count=count, at_least=at_least)
            if not count:
                return found
            rows = f"FROM ({demand.rows.sql}) AS {demand.alias} WHERE {place}"
            return self._with_example(found, demand, rows)

    def _with_example(self, found: Finding, demand: Demand, rows: str, most: int = 1) -> Finding:
        """Add a row as an example, or two that are equal. rows: FROM and WHERE."""
        alias, keys = demand.alias, demand.rows.key_aliases
        names = [f"({alias}.{name})::text" for name in keys or (TABLE_OF_ROW, PLACE)]
        shown = [f"({one})::text" for one in demand.shown] if self.values else []
        examples = self.fetch(f"SELECT {', '.join([*names, *shown])} {rows} LIMIT {most}")
        if not examples:
            return found
        values = dict(zip(demand.shown, examples[0][len(names) :], strict=False))
        if keys and not (demand.rows.plain_key or self.values):
            return replace(found, values=values)
        labels = demand.rows.keys if keys else ("ctid",)
        texts = [_row_name(labels, row[: len(names)][-len(labels) :]) for row in examples]
        return replace(found, example=" and ".join(texts), values=values)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read in a transaction of its own, which ends when the time is over."""
        milliseconds = round(self.limit * 1000)
        self.connection.rollback()
        try:
            self.execute_all(one.format(milliseconds=milliseconds) for one in _SETTINGS)
            yield
        finally:
            if not self.connection.invalidated:
                self.connection.rollback()

    def _why(self, error: DBAPIError, demand: Demand) -> str:
        """Return why rows could not be counted."""
        said = errors.describe_error(error)
        known: dict[str, str] = {
            SqlState.QUERY_CANCELED: f"Not counted within {self.limit:g} s: --limit gives it more.",
            SqlState.LOCK_NOT_AVAILABLE: f"{demand.rows.label} is locked by another session.",
            SqlState.INSUFFICIENT_PRIVILEGE: f"{said}: GRANT SELECT on it, or pg_read_all_data.",
        }
        return known.get(errors.sqlstate(error), f"The database refuses the question: {said}.")


def _uncounted(statement: str, demand: Demand) -> Finding:
    return Finding(
        statement,
        demand.kind,
        demand.label,
        demand.rows.label,
        demand.meaning,
        remark=demand.rows.remark,
    )


def _same_rows(asked: Sequence[tuple[str, Demand | Unasked]]) -> Iterator[list[int]]:
    """Yield the places of the plain demands of the same rows, where there are several."""
    found: dict[tuple[str, str], list[int]] = {}
    for at, (_, demand) in enumerate(asked):
        if isinstance(demand, Demand) and demand.is_plain:
            found.setdefault((demand.rows.sql, demand.alias), []).append(at)
    yield from (places for places in found.values() if len(places) > 1)


def _excluded(demand: Demand) -> str:
    """Return the condition of a row that an exclusion does not allow beside another one."""
    keys = [f"({key}) AS key_{at}" for at, key in enumerate(demand.distinct_by)]
    where = demand.where or "true"
    query = (
        f"SELECT {', '.join(keys)}, {PLACE}, {TABLE_OF_ROW} FROM ({demand.rows.sql}) "  # noqa: S608  # parts of revisions
        f"AS {demand.alias} WHERE {where}"
    )
    pairs = [
        f"ddl_other.key_{at} {operator} ({key})"
        for at, (key, operator) in enumerate(zip(demand.distinct_by, demand.operators, strict=True))
    ]
    alias = demand.alias
    own, other = (f"({one}.{TABLE_OF_ROW}, {one}.{PLACE})" for one in (alias, "ddl_other"))
    joined = " AND ".join([f"{other} <> {own}", *pairs])
    found = f"EXISTS (SELECT FROM ({query}) AS ddl_other WHERE {joined})"
    return f"({where}) AND {found}"


def _both(one: str, other: str) -> str:
    return f"({one}) AND ({other})" if other else one


def _is_of_a_row(error: DBAPIError) -> bool:
    code = errors.sqlstate(error)
    return code.startswith(DATA_EXCEPTION_CLASS) or code in _OF_A_ROW


def _row_name(labels: Sequence[str], values: Sequence[str | None]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(labels, values, strict=True))
