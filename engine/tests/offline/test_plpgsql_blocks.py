"""Blocks of PL/pgSQL in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.online.scripted import begun, run_with_psql, written

if TYPE_CHECKING:
    from tests.online.site import Site


def test_a_literal_of_two_lines_stays_as_it_is(site: Site) -> None:
    begun(site, "CREATE TABLE t (a text)")
    site.revise("""op.create_check_constraint("c", "t", "a <> 'x\\ny'")""")
    run_with_psql(site, written(site))
    assert "constraint t c CHECK ((a <> 'x\ny'::text)) t" in site.catalog
