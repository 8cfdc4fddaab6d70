"""Runs whose transactions are REPEATABLE READ or SERIALIZABLE, beside a writer (13.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.online.beside import traffic
from tests.online.operations import OPERATIONS, lines

if TYPE_CHECKING:
    from tests.online.site import Site


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_beside_a_writer(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str, level: str
) -> None:
    operation = OPERATIONS[name]
    site.sql(*operation.tables)
    site.revise(*lines(name, "ops"))
    option = f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}"
    url = site.url.update_query_dict({"options": option})
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    with traffic(site, operation.write) as written:
        before = len(written)
        site.upgrade()
        assert len(written) >= before
    assert (site.version, site.note()) == (["002a"], None)
