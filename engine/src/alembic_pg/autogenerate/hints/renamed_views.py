"""Rename the columns of views as the models name them, where a view differs in nothing else.

A view keeps the names of its columns when those of its table are renamed. What hangs on it, an
index of a materialized view too, follows to the new names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.ops.statement_op import StatementOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.autogenerate.dump.entry import Dump


def view_column_renames(now: Dump, after: Dump, keys: Iterable[str]) -> Iterator[StatementOp]:
    """Yield the renames of columns after which a view is as the models have it.

    now: what the revisions build. after: what the models build. keys: of what differs.
    """
    views = [key for key in keys if key.startswith(("VIEW ", "MATERIALIZED VIEW "))]
    if not views:
        return
    from alembic_pg.autogenerate.alter import alter_view  # noqa: PLC0415  # rare

    for key in views:
        if key not in now or key not in after:
            continue
        renames, renamed = alter_view.column_renames(now[key], after[key])
        if renames and renamed == after[key].create:
            back, _ = alter_view.column_renames(after[key], now[key])
            yield StatementOp("rename", f"columns of {now[key].label}", (*renames,), (*back,))
