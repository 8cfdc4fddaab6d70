"""Make what stands against a run an object for a program; docs/json.md is written from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, cast

from alembic_pg.plan.json_form import PlannedObject

if TYPE_CHECKING:
    from alembic_pg.plan.revision_plan import StatementPlan
    from alembic_pg.preflight.cost.estimate import Estimate
    from alembic_pg.preflight.result import Result, RevisionResult

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1


class HindranceObject(TypedDict):
    """One thing in the way."""

    kind: Annotated[
        Literal["transaction", "prepared transaction", "vacuum", "replica", "slot"], "what it is"
    ]
    name: Annotated[str, "which one: process 4711"]
    text: Annotated[str, "a sentence about it"]
    blocks: Annotated[bool, "whether a run would wait for its end"]
    seconds: Annotated[float | None, "its age, or the lag of a replica"]
    tables: Annotated[list[str], "the tables that it has locked"]


class StatementObject(PlannedObject):
    """One pending statement."""

    rows: Annotated[float | None, "rows of the table, by its statistics"]
    size: Annotated[int | None, "bytes of the table"]
    seconds: Annotated[float | None, "how long it lasts; null where nobody can tell"]
    seconds_low: Annotated[float | None, "the shortest time that is likely"]
    seconds_high: Annotated[float | None, "the longest time that is likely"]
    space: Annotated[int, "bytes that it needs until old rows are vacuumed"]


class RowsObject(TypedDict):
    """One question about rows."""

    statement: Annotated[str, "the pending statement, as it is called on the screen"]
    number: Annotated[int, "its place in its revision, from 0"]
    kind: Annotated[
        str,
        "check, not null, foreign key, unique, exclusion, type, enum value, value or bound; "
        "block or statement where nobody can tell",
    ]
    object: Annotated[str, "the constraint, column or index"]
    table: Annotated[str, "the table whose rows were counted"]
    meaning: Annotated[str, "what a row does that is refused"]
    count: Annotated[
        int | None,
        "how many rows refuse; of a unique constraint, values that occur more than once; null "
        "where nobody can tell",
    ]
    at_least: Annotated[bool, "whether there may be more"]
    why: Annotated[str | None, "why nobody can tell"]
    example: Annotated[str, "one such row, by its key"]
    values: Annotated[dict[str, str | None], "its values, with --values"]
    remark: Annotated[str | None, "what may change the count before the run"]
    seconds: Annotated[float, "how long the question took, or its share of one for several"]
    together: Annotated[int, "how many demands that question was about"]


class RevisionObject(TypedDict):
    """One pending revision."""

    revision: Annotated[str, "its id"]
    label: Annotated[str, "its id and its message"]
    is_refused: Annotated[bool, "whether the run would stop at it"]
    refusals: Annotated[list[str], "sentences with which it would stop, whatever the rows are"]
    statements: Annotated[list[StatementObject], "in their order; empty where there is no plan"]
    rows: Annotated[list[RowsObject], "the questions about rows"]


class PreflightObject(TypedDict):
    """What a run would meet."""

    database: Annotated[str, "the name of the database"]
    host: Annotated[str, "where its server is; never a password"]
    role: Annotated[str, "as which role it was asked"]
    at: Annotated[str, "the revision that the database is at"]
    replica: Annotated[str | None, "where rows were counted, with --replica"]
    no_plan: Annotated[str | None, "why there is no plan"]
    remarks: Annotated[list[str], "sentences about the run as a whole"]
    refusals: Annotated[
        list[str], "sentences with which the run would stop before its first statement"
    ]
    found: Annotated[bool, "whether anything is in the way: the exit code is 1 then"]
    space_needed: Annotated[int, "bytes that the run needs for a time"]
    space_free: Annotated[int | None, "bytes that are free; null where nobody can see"]
    hindrances: Annotated[list[HindranceObject], "what is in the way now"]
    revisions: Annotated[list[RevisionObject], "those that are pending, in their order"]


def as_object(result: Result) -> PreflightObject:
    """Return what a program reads."""
    return {
        "database": result.database,
        "host": result.host,
        "role": result.role,
        "at": result.at,
        "replica": result.replica or None,
        "no_plan": result.no_plan or None,
        "remarks": list(result.remarks),
        "refusals": list(result.refusals),
        "found": result.found_something,
        "space_needed": result.space_needed,
        "space_free": result.space_free,
        "hindrances": [cast("HindranceObject", asdict(one)) for one in result.hindrances],
        "revisions": [_revision(one) for one in result.revisions],
    }


def _revision(found: RevisionResult) -> RevisionObject:
    statements = found.plan.statements if found.plan else ()
    return {
        "revision": found.revision,
        "label": found.label,
        "is_refused": found.is_refused,
        "refusals": list(found.refusals),
        "statements": [
            _statement(planned, estimate)
            for planned, estimate in zip(statements, found.estimates, strict=False)
        ],
        "rows": [
            cast(
                "RowsObject",
                {**asdict(one), "why": one.why or None, "remark": one.remark or None},
            )
            for one in found.findings
        ],
    }


def _statement(planned: StatementPlan, estimate: Estimate) -> StatementObject:
    return {
        "operation": planned.operation,
        "object": planned.object,
        "steps": planned.summary.steps,
        "lock": planned.summary.lock,
        "effect": planned.summary.effect,
        "rows": planned.rows,
        "size": planned.size,
        "seconds": estimate.seconds,
        "seconds_low": estimate.low,
        "seconds_high": estimate.high,
        "space": estimate.space,
    }
