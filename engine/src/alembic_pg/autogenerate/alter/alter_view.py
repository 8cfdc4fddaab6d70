"""Change the names of a view's columns and the storage parameters of a materialized view.

Neither has to be dropped for that, a materialized view not even computed anew (PostgreSQL, ALTER
VIEW, ALTER MATERIALIZED VIEW).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.alter import table_settings
from alembic_pg.revisions.view_columns import column_name, output_items
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump, Entry
    from alembic_pg.database.server_features import ServerFeatures
    from alembic_pg.sql.lexer import Token

_VIEWS = {"MATERIALIZED VIEW", "VIEW"}


def alter_statements(old: Entry, new: Entry, _: Dump, __: ServerFeatures) -> list[str] | None:
    """Return what changes a materialized view in its place, None where more of it differs."""
    renames, renamed = column_renames(old, new)
    (old_rest, old_parameters), (new_rest, new_parameters) = map(
        _split_parameters, (renamed, new.create)
    )
    if old_rest != new_rest:
        return None
    changes = table_settings.parameter_changes(old_parameters, new_parameters)
    return [*renames, *(f"{_alter(new)} {change};" for change in changes)]


def column_renames(old: Entry, new: Entry) -> tuple[list[str], str]:
    """Return what gives a view's columns their new names, and its definition after that.

    The columns are those at the same places; none where a name moves from one to another.
    """
    before, after = _selected(old), _selected(new)
    names = [column_name(item) for item in before]
    new_names = [column_name(item) for item in after]
    pairs = [*zip(names, new_names, strict=False)]
    renamed = [(at, *pair) for at, pair in enumerate(pairs) if len({*pair}) > 1]
    moves = any(one in new_names or other in names for _, one, other in renamed)
    if moves or len(names) > len(new_names) or not all([*names, *new_names]):
        return [], old.create
    create = old.create
    for at, _, name in reversed(renamed):
        item = before[at]
        text = _under_name(create, item, name)
        create = f"{create[: item[0].start]}{text}{create[item[-1].end :]}"
    head = f"{_alter(new)} RENAME COLUMN"
    names_in_sql = ((quote_name(one), quote_name(other)) for _, one, other in renamed)
    return [f"{head} {one} TO {other};" for one, other in names_in_sql], create


def _selected(view: Entry) -> list[list[Token]]:
    """Return what a view selects, nothing of what else."""
    return output_items(Cursor(view.create)) if view.kind in _VIEWS else []


def _under_name(create: str, item: list[Token], name: str) -> str:
    """Return the text of an item under another name, as PostgreSQL prints it."""
    own = item[:-2] if len(item) > 1 and item[-2].keyword == "AS" else item
    text = create[own[0].start : own[-1].end]
    return text if column_name(own) == name else f"{text} AS {quote_name(name)}"


def _alter(view: Entry) -> str:
    return f"ALTER {view.kind} {quote_name(view.schema, view.name)}"


def _split_parameters(create: str) -> tuple[str, dict[str, str]]:
    """Return a definition without its storage parameters, and these. A query may have a WITH."""
    head, begins, query = create.partition(" AS\n")
    rest, parameters = table_settings.split_parameters(head)
    return f"{rest}{begins}{query}", parameters
