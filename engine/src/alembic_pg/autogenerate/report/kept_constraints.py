"""Tell the constraints and unique indexes that a change leaves as they are, be they made again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import table_definition
from alembic_pg.autogenerate.dump.entry import table_key
from alembic_pg.autogenerate.dump.part_owner import index_and_constraint_keys
from alembic_pg.revisions.constraint_definitions import is_no_stricter
from alembic_pg.sql.quoting import name_pattern, quote_name

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.sql.cursor import QualifiedName


def is_kept(before: Dump, after: Dump, table: QualifiedName, name: str) -> bool:
    """Return whether new rows meet no more of a constraint or a unique index of a table.

    before, after: as PostgreSQL prints them, after the renames. A generated column that is made
    anew under another name counts as the same column, where a table has one of them.
    """
    owner = table_key(*table)
    return any(
        is_no_stricter(one, after[key].create)
        for key in index_and_constraint_keys(*table, name)
        if key in before and key in after
        for one in (before[key].create, _with_new_name(key, owner, before, after))
    )


def _with_new_name(key: str, owner: str, before: Dump, after: Dump) -> str:
    """Return a definition with the new name of a generated column, "" where there is none.

    key: of what is defined. owner: the key of its table.
    """
    if owner not in before or owner not in after:
        return ""
    old, new = (table_definition.generated_columns(dump[owner]) for dump in (before, after))
    gone, come = [*old - new], [*new - old]
    if not len(gone) == len(come) == 1:
        return ""
    pattern = rf'(?<![\w"]){name_pattern(gone[0])}(?![\w"])'
    return re.sub(pattern, quote_name(come[0]).replace("\\", r"\\"), before[key].create)
