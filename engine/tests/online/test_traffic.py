"""Every operation beside a writer and a reader: which locks are held, what happens meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import sampled, traffic
from tests.online.operations import BESIDE, OPERATIONS, lines
from tests.online.watching import blocking_scans, filenode, strength, watched

if TYPE_CHECKING:
    from tests.online.site import Site

CASES = [
    pytest.param(name, way, marks=[] if way == "ops" else pytest.mark.online, id=f"{name}-{way}")
    for name, operation in OPERATIONS.items()
    for way in ("ops", "text")
    if way == "ops" or operation.text
]

_TABLES = """
SELECT c.oid::regclass::text FROM pg_class AS c
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""


@pytest.mark.parametrize(("name", "way"), CASES)
def test_beside_a_writer_and_a_reader(site: Site, name: str, way: str) -> None:
    operation = OPERATIONS[name]
    site.sql(*operation.tables)
    site.revise(*lines(name, way))
    tables = [row[0] for row in site.rows(_TABLES)]
    files = {table: filenode(site, table) for table in tables}
    with (
        watched() as steps,
        sampled(site) as seen,
        traffic(site, operation.write) as written,
        traffic(site, "SELECT count(*) FROM t WHERE id < 50") as read,
    ):
        before = len(written), len(read)
        site.upgrade()
        # Both go on, until they have seen the end of it.
        ended = len(written), len(read)
        while len(written) == ended[0] or len(read) == ended[1]:
            time.sleep(0.001)
    assert min(before) > 0
    assert site.version == ["002a"]
    assert site.note() is None
    held = {step.locks["t"] for step in steps if "t" in step.locks} | seen
    strongest = max(map(strength, held))
    assert strongest <= strength(operation.strongest or "RowExclusiveLock"), held
    if operation.strongest != BESIDE:  # what stands outside of a transaction is seen by luck only
        assert operation.strongest in held | {""}
    for table in [*tables, "t"]:
        assert not blocking_scans(steps, table)
    assert {table: filenode(site, table) for table in tables} == files


REFUSED = {
    "a stored generated column": "ADD COLUMN g int GENERATED ALWAYS AS (a * 2) STORED",
    "EXCLUDE": "ADD CONSTRAINT e EXCLUDE (a WITH =)",
    "several actions": "ALTER a SET NOT NULL, ADD COLUMN v float DEFAULT random()",
    "a column with a key": "ADD COLUMN k bigserial UNIQUE",
    "unlogged": "SET UNLOGGED",
}


@pytest.mark.parametrize("action", REFUSED)
def test_what_is_refused_waits_for_nobody(site: Site, action: str) -> None:
    operation = OPERATIONS["CHECK"]
    site.sql(*operation.tables)
    before = site.catalog
    site.revise(f"op.execute({f'ALTER TABLE t {REFUSED[action]}'!r})")
    with watched() as steps, traffic(site, operation.write) as written, pytest.raises(UserError):
        site.upgrade()
    assert written
    held = [step.locks["t"] for step in steps if "t" in step.locks]
    assert max(map(strength, held)) <= strength("RowExclusiveLock")
    assert site.catalog == before
