"""Scripts of revisions, and psql, which executes them."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

from alembic import command
from alembic_pg.database import postgres_programs
from alembic_pg.embedded import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site


def begun(site: Site, *statements: str) -> None:
    """Let the first revision, at which the database is, have executed some statements."""
    place = site.versions / f"{site.made[0]}.py"
    lines = "\n    ".join(f"op.execute({statement!r})" for statement in statements)
    text = place.read_text()
    place.write_text(text.replace("def upgrade():\n    pass", f"def upgrade():\n    {lines}"))
    site.sql(*statements)


def anew(site: Site, *statements: str) -> None:
    """Let the database be at the first revision again, which has executed some statements."""
    site.clean()
    site.sql(*statements)


def written(site: Site, **settings: str) -> str:
    """Return what alembic upgrade --sql writes."""
    return _written(site, f"{site.made[0]}:head", settings)


def written_of_all(site: Site) -> str:
    """Return what alembic upgrade --sql writes of all revisions, the first one among them."""
    return _written(site, "head", {})


def _written(site: Site, revisions: str, settings: dict[str, str]) -> str:
    config = site.config(settings)
    config.output_buffer = io.StringIO()
    command.upgrade(config, revisions, sql=True)
    return config.output_buffer.getvalue()


def written_back(site: Site) -> str:
    """Return what alembic downgrade --sql writes."""
    config = site.config()
    config.output_buffer = io.StringIO()
    command.downgrade(config, f"{site.made[-1]}:{site.made[0]}", sql=True)
    return config.output_buffer.getvalue()


def from_first_step(sql: str) -> str:
    """Return a script without what comes before its first step outside of a transaction."""
    return sql.partition("\nCOMMIT;\n")[2]


def psql(site: Site, sql: str) -> subprocess.CompletedProcess[str]:
    """Execute a script, up to the first error."""
    program = programs.find("psql")
    assert program
    return subprocess.run(
        [program, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"],
        env=postgres_programs.libpq_environment(site.url),
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )


def run_with_psql(site: Site, sql: str) -> None:
    """Execute a script in which there is no error."""
    done = psql(site, sql)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def cuts(sql: str) -> Iterator[str]:
    """Yield a script's beginnings, each up to one of its statements outside of a transaction.

    A session that ends in a transaction leaves what was before it.
    """
    steps = sql.split("\n\n")
    in_transaction = False
    for number, step in enumerate(steps, start=1):
        if step == "BEGIN;":
            in_transaction = True
        elif step == "COMMIT;":
            in_transaction = False
        if not in_transaction and not step.startswith(("\\", "-- Running")):
            yield "\n\n".join(steps[:number]) + "\n"
