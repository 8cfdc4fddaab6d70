"""Make drift an object for a program; docs/json.md is written from the types here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

if TYPE_CHECKING:
    from alembic_pg.drift.difference import Difference
    from alembic_pg.drift.drift import Drift

# The form of the JSON; it grows when a name in it goes or means something else.
JSON_FORMAT = 1


class _ObjectObject(TypedDict):
    change: Annotated[
        Literal["missing", "changed", "extra"], "from the database's side: extra is only there"
    ]
    kind: Annotated[str, "table, column, index …"]
    schema: Annotated[str | None, "its schema; null for what has none"]
    name: Annotated[str, "its name; that of a column has its table's before it"]
    object: Annotated[str, "kind and name as the table on the screen has them"]
    expected: Annotated[str | None, "the definition that the revisions build; null for extra"]
    found: Annotated[str | None, "the definition that the database has; null for missing"]


class DifferenceObject(_ObjectObject):
    """One object that differs."""

    changed_at: Annotated[str | None, "when it was changed last, where the server records that"]


class IgnoredObject(_ObjectObject):
    """One object that drift-ignore names."""

    reason: Annotated[str, "the reason of that line"]


class DriftObject(TypedDict):
    """How a database differs from what its own revisions build."""

    database: Annotated[str, "the name of the database"]
    host: Annotated[str, "where its server is; never a password"]
    role: Annotated[str, "as which role it was read"]
    revisions: Annotated[list[str], "the revisions in alembic_version"]
    pending: Annotated[int, "how many revisions of this tree the database does not have"]
    unfinished: Annotated[list[str], "a sentence for each thing that an online run left unfinished"]
    compared: Annotated[
        Literal["state", "built"],
        "state: the digest of the whole schema was enough; built: the revisions were built anew",
    ]
    remarks: Annotated[list[str], "sentences about the comparison as a whole"]
    lost: Annotated[
        bool, "whether alembic_version names no revision, and the nearest one was compared"
    ]
    differences: Annotated[list[DifferenceObject], "what hurts most first"]
    ignored: Annotated[list[IgnoredObject], "what drift-ignore names"]


def as_object(drift: Drift) -> DriftObject:
    """Return what a program reads."""
    changed = dict(drift.changed_at)
    return {
        "database": drift.database,
        "host": drift.host,
        "role": drift.role,
        "revisions": list(drift.revisions),
        "pending": drift.pending,
        "unfinished": list(drift.unfinished),
        "compared": drift.compared,
        "remarks": list(drift.remarks),
        "lost": drift.lost,
        "differences": [
            {**_object(one), "changed_at": changed.get(one.label)} for one in drift.differences
        ],
        "ignored": [{**_object(one), "reason": rule.reason} for one, rule in drift.ignored],
    }


def _object(difference: Difference) -> _ObjectObject:
    return {
        "change": difference.change,
        "kind": difference.kind,
        "schema": difference.schema or None,
        "name": difference.name,
        "object": difference.label,
        "expected": difference.expected or None,
        "found": difference.found or None,
    }
