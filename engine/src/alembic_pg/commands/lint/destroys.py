"""Check that a revision names what it destroys: ``alembic-pg lint destroys``.

A revision whose upgrade drops a table, a column or a value of an enum, or narrows a type, names
that in a line which autogenerate never writes. No database is asked: the revisions' statements are
read in their order, as ``--sql`` would write them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_pg.adopt import adopted_history
from alembic_pg.errors import UserError
from alembic_pg.revisions import statements
from alembic_pg.revisions.current_revision import revision_label
from alembic_pg.revisions.destroys_declaration import VARIABLE, declaration_line
from alembic_pg.revisions.impact import ImpactReader
from alembic_pg.revisions.schema_model import Schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from alembic.config import Config
    from alembic.script import Script


def undeclared_losses(revisions: Iterable[Script], exempt: Collection[str] = ()) -> Iterator[str]:
    """Yield a sentence for each revision that lacks the line.

    revisions: all of a history, oldest first. exempt: the ids of those that need no line.
    """
    reader = ImpactReader(Schema())
    for revision in revisions:
        said = getattr(revision.module, VARIABLE, None)
        reader.begin_revision()
        try:
            for statement in statements.function_statements(revision.module.upgrade):
                reader.read_sql(statement.sql, statement.existing)
        except statements.UnreadableError as error:
            if said is None and revision.revision not in exempt:
                yield (
                    f"Revision {revision_label(revision)} cannot be read without a "
                    f"database ({error}): let it say what it destroys, {VARIABLE} = [] for nothing."
                )
            continue
        found = reader.end_revision().destroys
        missing = [name for name in found if name not in (said or ())]
        if missing and revision.revision not in exempt:
            yield (
                f"Revision {revision_label(revision)} destroys {', '.join(missing)}. "
                f"If that is meant, add to it: {declaration_line([*(said or ()), *missing])}"
            )


def check(config: Config) -> None:
    """Raise UserError, naming the revisions and what they destroy, when they do not say it."""
    script = ScriptDirectory.from_config(config)
    exempt = adopted_history.adopted_revisions(config, script)
    found = list(undeclared_losses(reversed(list(script.walk_revisions())), exempt))
    if found:
        raise UserError("\n".join(found))
