"""A project of a few revisions on a database with rows, run in this process, and watched."""

from __future__ import annotations

import re
import threading
import time
from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, event, text

from ddl.compare.effects import MODES
from ddl.console import table
from ddl.database.connect import engine as connectable
from ddl.errors import UserError
from ddl.online import blocking
from tests import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import URL, Row

INI = Path(__file__).resolve().parents[3] / "alembic.ini"

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

_CHANGES = re.compile(r"(COMMENT|CREATE|ALTER|DROP|UPDATE|INSERT|DELETE|DO)\b")

# The locks of the session that asks, and how often it read a table from end to end.
_LOCKS = """
SELECT c.relname, lock.mode, coalesce(pg_stat_get_xact_numscans(c.oid), 0)
FROM pg_class AS c LEFT JOIN pg_locks AS lock
  ON c.oid = lock.relation AND lock.pid = pg_backend_pid() AND lock.granted
WHERE c.relkind IN ('r', 'p', 'm') AND c.relnamespace = 'public'::regnamespace
"""


# Of a test's report: an operation, how it was killed, and at how many points.
FAULTS = "faults"

VERSION = (
    "CREATE TABLE alembic_version (version_num text CONSTRAINT alembic_version_pkc PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('001a')",
)

# What the server has of a database, without the order of columns.
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
  pg_get_constraintdef(oid), convalidated)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT format('trigger %s %s', tgrelid::regclass, tgname) FROM pg_trigger
  WHERE NOT tgisinternal
UNION ALL SELECT format('function %s', oid::regprocedure) FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT format('sequence %s %s', seqrelid::regclass, seqtypid::regtype) FROM pg_sequence
UNION ALL SELECT format('note %s', obj_description('alembic_version'::regclass))
ORDER BY 1
"""


@dataclass
class Step:
    """A statement of a run; locks: what its transaction then held on each table."""

    sql: str
    locks: dict[str, str] = field(default_factory=dict)
    scans: dict[str, int] = field(default_factory=dict)


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
        engine = connectable(self.url)
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
        (self.versions / f"{name}.py").write_text(content)
        self.made.append(name)
        return name

    def upgrade(self, revision: str = "head", **settings: str) -> None:
        """Run alembic upgrade."""
        command.upgrade(self.config(settings), revision)

    def downgrade(self, revision: str, **settings: str) -> None:
        """Run alembic downgrade."""
        command.downgrade(self.config(settings), revision)

    def current(self) -> None:
        """Run alembic current."""
        command.current(self.config({}))

    def config(self, settings: dict[str, str] | None = None) -> Config:
        """Return the configuration of a command."""
        options = Namespace(x=[f"{name}={value}" for name, value in (settings or {}).items()])
        config = Config(INI, cmd_opts=options)
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

    @property
    def version(self) -> list[str] | None:
        """The revisions that the database is at."""
        return state.versions(self.url)

    def note(self) -> str | None:
        """Return the note of a revision that is half done."""
        found: str | None = self.one("SELECT obj_description(to_regclass('alembic_version'))")
        return found


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let revisions take their online forms, in processes too."""
    monkeypatch.delenv("ALEMBIC_ONLINE", raising=False)


@pytest.fixture
def site(empty: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An empty database at a first revision that did nothing; a table with rows is a large one."""
    monkeypatch.setattr(blocking, "SMALL", 0)
    monkeypatch.setenv("DATABASE_URL", empty.render_as_string(hide_password=False))
    versions = tmp_path / "versions"
    versions.mkdir()
    made = Site(empty, versions)
    made.revise("pass")
    made.sql(*VERSION)
    return made


def strength(mode: str) -> int:
    """Return a lock's place among all modes, as pg_locks names it."""
    names = [mode.title().replace(" ", "") + "Lock" for mode in MODES]
    return names.index(mode)


_LETS_WRITE = strength("ShareUpdateExclusiveLock")


@contextmanager
def watched() -> Iterator[list[Step]]:
    """Yield the list of the statements that every connection of the block executes."""
    steps: list[Step] = []
    counted: dict[tuple[int, str], int] = {}

    def after(connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        del cursor
        raw = connection.connection.dbapi_connection
        step = Step(statement)
        steps.append(step)
        with raw.cursor() as asking:
            asking.execute(_LOCKS)
            for table, mode, scans in asking.fetchall():
                # The counter goes on until the server collects it.
                known = counted.get((raw.info.backend_pid, table), 0)
                step.scans[table] = scans - known if scans >= known else scans
                counted[raw.info.backend_pid, table] = scans
                if mode is not None:
                    before = step.locks.get(table, mode)
                    step.locks[table] = max(before, mode, key=strength)

    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield steps
    finally:
        event.remove(Engine, "after_cursor_execute", after)


def blocking_scans(steps: list[Step], table: str) -> list[str]:
    """Return the statements that read a table from end to end and block its writers meanwhile."""
    return [
        step.sql
        for step in steps
        if step.scans.get(table)
        and strength(step.locks.get(table, "AccessShareLock")) > _LETS_WRITE
    ]


def filenode(site: Site, name: str) -> int:
    """Return the file of a table or index: another one after it was written anew."""
    number: int = site.one(f"SELECT pg_relation_filenode('{name}')")
    return number


@contextmanager
def traffic(site: Site, *statements: str) -> Iterator[list[int]]:
    """Execute statements in turn, each committed, from before the block to its end."""
    done: list[int] = []
    failed: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        engine = connectable(site.url)
        try:
            with engine.connect() as connection:
                while not stop.is_set():
                    for statement in statements:
                        connection.execute(text(statement))
                        connection.commit()
                    done.append(1)
        except BaseException as error:  # noqa: BLE001  # it is raised in the test
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not done and thread.is_alive():
        time.sleep(0.001)
    try:
        yield done
    finally:
        stop.set()
        thread.join()
    assert not failed, failed


@contextmanager
def killing(site: Site, number: int, only: str = "") -> Iterator[list[str]]:
    """Let the server's process of the run die before its ``number``-th statement that changes.

    only: with what these begin. Yield a list that then holds that statement.
    """
    killed: list[str] = []
    count = 0
    engine = connectable(site.url)

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        nonlocal count
        del cursor
        raw = connection.connection.dbapi_connection
        if killed or raw.info.dbname != site.url.database or not _CHANGES.match(statement):
            return
        if not statement.startswith(only):
            return
        count += 1
        if count == number:
            killed.append(statement)
            pid = raw.info.backend_pid
            thread = threading.Thread(target=_kill, args=(engine, pid), name="killer")
            thread.start()
            thread.join()

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield killed
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@contextmanager
def before_each(act: Callable[[str], None]) -> Iterator[None]:
    """Call a function with each statement, before it is executed."""

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        del connection, cursor
        act(statement)

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def survives(site: Site, *tables: str, downgrade: str = "", minimum: int = 3) -> None:
    """Kill the upgrade at each of its steps, and expect the next one to end as a quiet one does.

    tables: the statements that make what is there before. downgrade: the revision to which to go
    down instead. minimum: how many steps there should be at least.
    """

    def prepare() -> None:
        site.clean()
        site.sql(*tables)
        if downgrade:
            site.upgrade()

    def run() -> None:
        if downgrade:
            site.downgrade(downgrade)
        else:
            site.upgrade()

    prepare()
    run()
    wanted = site.catalog
    number = 0
    while True:
        number += 1
        prepare()
        with killing(site, number) as killed:
            try:
                run()
            except UserError:
                assert killed
        if not killed:
            break
        run()
        assert site.catalog == wanted, killed
    assert number > minimum


def _kill(engine: Engine, pid: int) -> None:
    """End a server's process and wait until it is gone, with its locks."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print at how many points each operation was killed, and ended at head by a second run."""
    found: dict[str, dict[str, str]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in getattr(report, "user_properties", []):
            if name == FAULTS and report.when == "call":
                found.setdefault(value[0], {})[value[1]] = str(value[2])
    if found:
        ways = sorted({way for points in found.values() for way in points})
        rows = [(name, *(points.get(way, "") for way in ways)) for name, points in found.items()]
        terminalreporter.section("points at which a run was killed, and the next one ended at head")
        terminalreporter.write_line(table.render(("operation", *ways), rows))
