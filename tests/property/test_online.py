"""Any change of any table: what a run makes of it is what PostgreSQL makes of its statements.

So it is, too, when the run is killed somewhere and the same command comes again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import event, given, note, reject
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from ddl.errors import UserError
from ddl.online import blocking
from tests import state
from tests.ddl.online import faults
from tests.ddl.online.site import Site
from tests.property.changes import Change, changes
from tests.property.many import examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest
    from sqlalchemy.engine import URL

# Points of a run at which it may be killed; 0 is nowhere.
POINTS = st.one_of(st.just(0), st.integers(1, 40))

# A uuid, or the time of the run.
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|202[1-9]-.*")

_TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relname <> 'alembic_version'
  AND relnamespace IN ('public'::regnamespace, 's'::regnamespace) ORDER BY 1
"""


@examples()
@given(change=changes(), point=POINTS)
def test_as_postgresql_would(
    empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, point: int
) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    monkeypatch.setenv("DATABASE_URL", empty.render_as_string(hide_password=False))
    monkeypatch.delenv("ALEMBIC_ONLINE", raising=False)
    note("\n".join([*change.setup, "-- change", *change.statements]))
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    site = Site(empty, folder)
    site.revise("pass")
    site.revise(*(f"op.execute(sa.text({colons(one)!r}))" for one in change.statements))

    try:
        begin(site, change)
    except DBAPIError:
        reject()
    before = outcome(site)
    try:
        for statement in change.statements:
            site.sql(colons(statement))
    except DBAPIError:
        wanted = None
    else:
        wanted = outcome(site)

    begin(site, change)
    try:
        if point:
            with faults.ended(site, point) as reached, suppress(UserError):
                site.upgrade()
            event("killed" if reached else "not killed")
        site.upgrade()
    except UserError as error:
        note(str(error))
        event("fails" if wanted is None else "refused")
        # Nobody can UPDATE a row that a CHECK which is NOT VALID would not have.
        said = ('blocking = ["', "violates check constraint")
        if wanted is not None and not any(one in str(error) for one in said):
            raise
        if len(change.statements) == 1 and "what it did before stays" not in str(error):
            assert outcome(site) == before
    else:
        event("done")
        assert outcome(site) == wanted


def colons(sql: str) -> str:
    """Return a statement in which nothing looks like a parameter."""
    return re.sub(r"(?<!:):(?=\w)", r"\\:", sql)


def begin(site: Site, change: Change) -> None:
    """Let the database be as before the change."""
    site.sql("DROP SCHEMA IF EXISTS s CASCADE")
    site.clean()
    site.sql(*map(colons, change.setup))


def outcome(site: Site) -> tuple[object, ...]:
    """Return the schema, with columns in any order, and the rows."""
    dumped = {
        key: sorted(line.rstrip(",") for line in entry.create.splitlines())
        for key, entry in state.schema(site.url).items()
    }
    return dumped, {name: list(_values(site, name)) for (name,) in site.rows(_TABLES)}


def _values(site: Site, table: str) -> Iterator[str]:
    """Yield the rows of a table in any order, and by themselves the values of new columns."""
    fresh: dict[str, list[str]] = {}
    found = []
    for (row,) in site.rows(f"SELECT to_jsonb(r) FROM {table.replace(':', '')} AS r"):  # noqa: S608  # ours
        for name in [name for name in row if name.startswith("new ")]:
            fresh.setdefault(name, []).append(_RANDOM.sub("random", str(row.pop(name))))
        found.append(str(sorted(row.items())))
    yield from sorted(found)
    yield from (f"{name}: {sorted(values)}" for name, values in sorted(fresh.items()))
