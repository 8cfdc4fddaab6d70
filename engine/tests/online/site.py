"""A database and the revisions for it, run in this process."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import dataclass, field
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from alembic_pg.testing import state
from sqlalchemy import text

from tests.project import ROOT

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Row


INI = ROOT / "alembic.ini"


REVISION = '''
"""{doc}"""
import sqlalchemy as sa
from alembic import op
revision = "{id}"
down_revision = {down!r}
{top}
def upgrade():
    {upgrade}
def downgrade():
    {downgrade}
'''


VERSION = (
    "CREATE TABLE alembic_version (version_num text CONSTRAINT alembic_version_pkc PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('001a')",
)


# What the server has of a database, without the order of columns. Before PostgreSQL 18, VALIDATE of
# a key that refers to a table with partitions leaves what it is to each of them NOT VALID.
_CATALOG = """
SELECT format('column %s.%s %s %s %s %s', c.oid::regclass, attname,
  format_type(atttypid, atttypmod), attnotnull,
  attidentity::text || attgenerated::text, pg_get_expr(adbin, adrelid))
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0
  AND NOT attisdropped
UNION ALL SELECT format('index %s %s', pg_get_indexdef(indexrelid), indisvalid) FROM pg_index
  JOIN pg_class AS c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT format('constraint %s %s %s %s', conrelid::regclass, conname,
  replace(pg_get_constraintdef(oid), ' NOT VALID', ''),
  convalidated OR conparentid <> 0 AND conrelid <> confrelid AND contype = 'f'
    AND current_setting('server_version_num')::int < 180000)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT format('trigger %s %s', tgrelid::regclass, tgname) FROM pg_trigger
  WHERE NOT tgisinternal
UNION ALL SELECT format('function %s', oid::regprocedure) FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT format('sequence %s %s', seqrelid::regclass, seqtypid::regtype) FROM pg_sequence
UNION ALL SELECT format('note %s', obj_description(to_regclass('alembic_version')))
ORDER BY 1
"""


@dataclass
class Site:
    """A database and the revisions for it."""

    url: URL
    versions: Path
    made: list[str] = field(default_factory=list)

    def sql(self, *statements: str) -> None:
        """Execute statements as somebody else."""
        state.execute(self.url, *statements)

    def rows(self, query: str) -> list[Row[Any]]:
        """Return what a query finds."""
        engine = make_engine(self.url)
        with engine.connect() as connection:
            return list(connection.execute(text(query)).all())

    def one(self, query: str) -> Any:  # noqa: ANN401  # any value
        """Return the first value that a query finds."""
        return self.rows(query)[0][0]

    def revise(self, *upgrade: str, downgrade: str = "pass", top: str = "") -> str:
        """Write a revision of some lines; return its id."""
        name = f"{len(self.made) + 1:03}a"
        content = REVISION.format(
            doc=f"step {name}",
            id=name,
            down=self.made[-1] if self.made else None,
            top=top,
            upgrade="\n    ".join(upgrade),
            downgrade=downgrade,
        )
        file = self.versions / f"{name}.py"
        file.write_text(content)
        # Python takes a file of the same length and second for the one that it has compiled.
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
        self.made.append(name)
        return name

    def again(self, *upgrade: str, top: str = "") -> None:
        """Write the last revision anew."""
        self.made.pop()
        self.revise(*upgrade, top=top)

    def upgrade(self, revision: str = "head", **settings: str) -> None:
        """Run alembic upgrade.

        Expect of one that fails: without a note, nothing is left of the revision that failed. (A
        plan does nothing, and may be asked for while somebody has locked the tables.)
        """
        if "plan" in settings:
            command.upgrade(self.config(settings), revision)
            return
        before = self.catalog, self.version
        try:
            command.upgrade(self.config(settings), revision)
        except UserError:
            noted = "half_done" in " ".join([*before[0], str(self.note())])
            if not noted and self.version == before[1]:
                assert self.catalog == before[0], "nothing tells of what is left"
            raise

    def downgrade(self, revision: str, **settings: str) -> None:
        """Run alembic downgrade."""
        command.downgrade(self.config(settings), revision)

    def current(self) -> None:
        """Run alembic current."""
        command.current(self.config({}))

    def config(self, settings: dict[str, str] | None = None) -> Config:
        """Return the configuration of a command."""
        options = Namespace(x=[f"{name}={value}" for name, value in (settings or {}).items()])
        # Alembic's default is the standard output of when it was imported.
        config = Config(INI, cmd_opts=options, stdout=sys.stdout)
        config.set_main_option("version_locations", str(self.versions))
        return config

    @property
    def schema(self) -> dict[str, Any]:
        """What pg_dump prints of the database."""
        return dict(state.schema(self.url))

    @property
    def catalog(self) -> list[str]:
        """What the server has of the schema public."""
        return [row[0] for row in self.rows(_CATALOG)]

    def needs(self, version: int) -> None:
        """Skip the test on a server before a major version: it has no such statement."""
        if int(self.one("SHOW server_version_num")) < version * 10_000:
            pytest.skip(f"PostgreSQL {version} and newer")

    def clean(self) -> None:
        """Let the database be empty, at the first revision."""
        self.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *VERSION)

    def equals(self, *statements: str) -> None:
        """Expect that the database is as some statements make an empty one."""
        found = self.catalog
        self.clean()
        self.sql(*statements)
        assert found == self.catalog

    @property
    def version(self) -> list[str] | None:
        """The revisions that the database is at."""
        return state.versions(self.url)

    def note(self) -> str | None:
        """Return the note of a revision that is half done."""
        found: str | None = self.one("SELECT obj_description(to_regclass('alembic_version'))")
        return found
