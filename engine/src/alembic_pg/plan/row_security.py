"""Answer where row security will hide rows, after what a plan has switched on or off before."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_pg.online.backfill import eligibility
from alembic_pg.sql import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Row

# The tables of a tree, whose policies the role may meet.
_STATES = f"""
{eligibility.TREE}
SELECT c.oid::int8 AS oid, c.oid::regclass::text AS name, current_user AS role,
  pg_has_role(relowner, 'USAGE') AS owns, relrowsecurity AS enabled, relforcerowsecurity AS forced
FROM pg_class AS c JOIN tree USING (oid)
WHERE relkind IN ('r', 'p') AND NOT (
  SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
ORDER BY 2
"""  # noqa: S608  # it is ours

_Hidden = namedtuple("_Hidden", "name role owns")  # noqa: PYI024  # a Row has no types either


@dataclass(frozen=True)
class _Switches:
    """Whether policies hold for others than the owner, and for the owner."""

    enabled: bool
    forced: bool

    def after(self, sql: str) -> _Switches:
        """Return them after an ALTER TABLE."""
        cursor = split.first_statement(sql)

        def says(*words: str) -> bool:
            return cursor.contains(*words, "ROW", "LEVEL", "SECURITY")

        enabled = (self.enabled or says("ENABLE")) and not says("DISABLE")
        forced = (self.forced or says("FORCE")) and not says("NO", "FORCE")
        return _Switches(enabled, forced)


def hidden_rows(
    fetch: Callable[..., Sequence[Row[Any]]], table: int, said: Callable[[int], Sequence[str]]
) -> Sequence[Any]:
    """Return the first table of a tree whose rows a policy may hide, as eligibility asks for it.

    fetch: asks the server. table: OID of the tree's root. said: returns the statements so far that
    switch row security of a table, by its OID.
    """
    for row in fetch(_STATES, table=table):
        switches = _Switches(row.enabled, row.forced)
        for sql in said(row.oid):
            switches = switches.after(sql)
        if switches.enabled and (switches.forced or not row.owns):
            return [_Hidden(row.name, row.role, row.owns)]
    return []
