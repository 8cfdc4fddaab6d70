"""A case inside this process: what autogenerate would write, and there, back, and there again.

It shares the server with commands, and spares their start: for the many examples of tests/property.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic_pg import comparator_names
from alembic_pg.autogenerate import comparators
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.hints.renamed_comparison import comparison_after_renames
from alembic_pg.autogenerate.ops import render_types
from alembic_pg.autogenerate.ops.alembic_corrections import correct_impl
from alembic_pg.autogenerate.scope import differing_tables
from alembic_pg.autogenerate.sides.comparison import Comparison
from alembic_pg.autogenerate.split import revision_files
from alembic_pg.commands import autogenerate
from alembic_pg.database.connect import connect
from tests.matrix.case import load
from tests.matrix.databases import build, create_built, differing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL


@dataclass(frozen=True)
class Change:
    """A revision between two schemas, as it would be written.

    stages: in how many files. why: what is said where it is one though something goes. parts: the
    way up of each file.
    """

    up: str
    down: str
    stages: int = 1
    why: str = ""
    parts: tuple[str, ...] = ()

    @property
    def contract(self) -> str:
        """The way up of the last file."""
        return self.parts[-1]


def write(databases: ScratchServer, template: str, before: Dump, models: Models) -> Change:
    """Autogenerate the revision that leads from a database to the models."""
    after = build(databases, models)
    comparison = Comparison(databases, template, before, after, "alembic_version")
    autogenerate.silence_alembic_utils()
    copy = databases.create(template)
    with (
        comparison_after_renames(comparison, models.metadata) as (rest, place),
        connect(place or databases.database_url(copy), source="the tests") as connection,
    ):
        comparison = rest
        context = MigrationContext.configure(
            connection=connection,
            opts={
                "target_metadata": models.metadata,
                "compare_type": comparison.column_differences.type_differs,
                "include_schemas": False,
                "autogenerate_plugins": differing_tables.autogenerate_plugins(
                    comparator_names.COMPARATORS, comparison.changed_tables
                ),
                comparators.COMPARISON_OPTION: comparison,
                "upgrade_token": "upgrades",
                "downgrade_token": "downgrades",
                "alembic_module_prefix": "op.",
                "sqlalchemy_module_prefix": "sa.",
                "user_module_prefix": None,
                "render_item": render_types.render_item_existing_type,
                "render_as_batch": False,
                **differing_tables.filtered_options({}, comparison.changed_tables),
            },
        )
        correct_impl(context.impl)
        with autogenerate.silence_comparators():
            script = produce_migrations(context, models.metadata)  # type: ignore[arg-type]  # or several
            scripts = [script]
            why = revision_files.split_revision(context, comparison, scripts)
        rendering = AutogenContext(context, autogenerate=False)
        ups, downs = [], []
        for one in scripts:
            assert one.upgrade_ops is not None
            assert one.downgrade_ops is not None
            ups.append(_render(rendering, one.upgrade_ops.ops))
            downs.append(_render(rendering, one.downgrade_ops.ops))
    databases.drop(copy)
    return Change("\n".join(ups), "\n".join(reversed(downs)), len(scripts), why, tuple(ups))


def _render(context: AutogenContext, operations: Sequence[MigrateOperation]) -> str:
    lines = [line for operation in operations for line in render_op(context, operation)]
    return "\n".join([*sorted(context.imports), *lines])


def run(url: URL, source: str) -> None:
    """Run a direction of a revision on a database."""
    with connect(url, source="the tests") as connection, connection.begin():
        names = {"op": Operations(MigrationContext.configure(connection=connection)), "sa": sa}
        exec(source, names)  # noqa: S102  # what autogenerate wrote


def executed(databases: ScratchServer, template: str, source: str) -> list[str]:
    """Return the statements that a direction of a revision executes on a copy of a database."""
    statements: list[str] = []

    def keep(_: object, cursor: Any, statement: str, parameters: Any, *__: object) -> None:  # noqa: ANN401  # SQLAlchemy's
        statements.append(cursor.mogrify(statement, parameters).decode())

    copy = databases.create(template)
    with (
        connect(databases.database_url(copy), source="the tests") as connection,
        connection.begin(),
    ):
        sa.event.listen(connection, "before_cursor_execute", keep)
        names = {"op": Operations(MigrationContext.configure(connection=connection)), "sa": sa}
        exec(source, names)  # noqa: S102  # what autogenerate wrote
    databases.drop_in_background(copy)
    return statements


def there(databases: ScratchServer, before: str, after: str) -> Change:
    """Go from one schema to the other, back, and there again; return how."""
    url = create_built(databases, load(before))
    template = str(url.database)
    old = pg_dump.dump_database(url)
    change = write(databases, template, old, load(after))
    assert change.up.strip(), "not detected"
    new = build(databases, load(after))
    for direction, wanted in ((change.up, new), (change.down, old), (change.up, new)):
        run(url, direction)
        assert not list(differing(pg_dump.dump_database(url), wanted))
    databases.drop(template)
    return change
