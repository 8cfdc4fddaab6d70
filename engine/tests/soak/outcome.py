"""Read what a database of a soak round has, and tell in what two of them differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_pg.testing import state
from tests.online.site import Site
from tests.soak.tables import REST, SUMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.soak.place import Place


@dataclass(frozen=True)
class Outcome:
    """Hold what a database has after a run.

    version: where it is. schema: lines of the catalog and of pg_dump, and the note of a half-done
    revision, by what they are about. rows: those of no traffic, by the query. sums: of each table
    that traffic writes, how many rows there are, and the sum of their amounts.
    """

    version: list[str]
    schema: dict[str, list[str]]
    rows: dict[str, list[str]]
    sums: dict[str, tuple[int, ...]]


def read_outcome(place: Place, database: str) -> Outcome:
    """Return what is in a database."""
    url = place.url(database)
    site = Site(url, Path())
    dumped = {
        str(key): sorted(line.rstrip(",") for line in entry.create.splitlines())
        for key, entry in state.schema(url).items()
    }
    return Outcome(
        state.versions(url) or [],
        {"note": [str(site.note())], "catalog": list(site.catalog), **dumped},
        {query.strip(): list(map(str, place.execute(database, query))) for query in REST},
        by_table(place.execute(database, SUMS)),
    )


def differences(
    found: dict[str, list[str]], wanted: dict[str, list[str]], word: str = "wanted"
) -> Iterator[str]:
    """Yield the lines that one has and the other has not. word: what to call the other."""
    for key in sorted({*found, *wanted}):
        here, there = found.get(key, ["nothing"]), wanted.get(key, ["nothing"])
        if here != there:
            more = [line for line in here if line not in there]
            less = [line for line in there if line not in here]
            yield f"{key}: {more}; {word}: {less}"


def by_table(rows: list[tuple[Any, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the numbers of each table, by its name, which comes first in a row."""
    return {relation: tuple(map(int, sums)) for relation, *sums in rows}
