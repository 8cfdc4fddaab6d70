"""List the rows and values that a revision destroys and its downgrade does not bring back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.scope import column_differences
from alembic_pg.sql.quoting import readable_name

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump


def losses_between(old: Dump, new: Dump) -> list[str]:
    """Return the rows and columns of the old database that the new one has not.

    A removed value of an enum is none of them: rows that hold it stop the revision.
    """
    gone = [entry for key, entry in old.items() if entry.kind == "TABLE" and key not in new]
    changed = [key for key in old if key in new and old[key].text != new[key].text]
    there = column_differences.columns_by_path({key: new[key] for key in changed})
    return [
        *(f"the rows of {readable_name(entry.schema, entry.name)}" for entry in gone),
        *(
            f"the values of {readable_name(*place)}"
            for place, column in column_differences.columns_by_path(
                {key: old[key] for key in changed}
            ).items()
            if place not in there and not column.generated
        ),
    ]
