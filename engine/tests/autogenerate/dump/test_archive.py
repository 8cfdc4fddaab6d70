"""The archive is read as another reader reads it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pgdumplib
import pytest
from alembic_pg.autogenerate.dump import archive
from alembic_pg.autogenerate.dump.archive import TocEntry
from alembic_pg.database import postgres_programs

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from sqlalchemy.engine import URL


@pytest.fixture(scope="module")
def file(databases: ScratchServer, head: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of what the revisions build."""
    name = databases.create(head)
    path = tmp_path_factory.mktemp("archive") / "schema.dump"
    write(databases.database_url(name), path)
    databases.drop(name)
    return path


def write(url: URL, path: Path) -> None:
    command = [
        postgres_programs.find_program("pg_dump"),
        "--format=custom",
        "--schema-only",
        f"--file={path}",
    ]
    subprocess.run(command, env=postgres_programs.libpq_environment(url), check=True)


def test_it_holds_what_another_reader_finds(file: Path) -> None:
    other = pgdumplib.load(file)
    assert other._handle is not None  # noqa: SLF001  # it is not closed otherwise
    other._handle.close()  # noqa: SLF001
    other._temp_dir.cleanup()  # noqa: SLF001
    found = list(archive.toc_entries(file.read_bytes()))
    assert len(found) > 50
    assert found == [
        TocEntry(
            entry.dump_id,
            entry.tag or "",
            entry.desc,
            entry.defn or "",
            entry.drop_stmt or "",
            entry.namespace or "",
            entry.tablespace or "",
            entry.tableam or "",
            entry.dependencies,
            (int(entry.table_oid or 0), int(entry.oid or 0)),
        )
        for entry in other.entries
    ]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: b"--\n-- PostgreSQL database dump\n" + data,
        lambda data: data[:6] + b"\x63" + data[7:],
        lambda data: data[:10] + b"\x03" + data[11:],
    ],
    ids=["nothing", "plain text", "a newer format", "a tar file"],
)
def test_anything_else_is_refused(file: Path, damage: object) -> None:
    assert callable(damage)
    with pytest.raises(ValueError, match="no archive"):
        list(archive.toc_entries(damage(file.read_bytes())))
