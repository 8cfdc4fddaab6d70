"""Run pg_dump on a database and return its objects as comparable entries."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import normalize, placement, split_table
from alembic_pg.autogenerate.dump.archive import toc_entries
from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.console import status
from alembic_pg.database.postgres_programs import find_program, run_program, run_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import URL

# What every dump begins with, of the dump itself or of the database's name.
_PREAMBLE_KINDS = {"ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES"}

# What belongs to the database as a whole has its name in it, which is another for each of them.
_OF_DATABASE = {"ACL", "COMMENT", "SECURITY LABEL"}

_OPTIONS = ("--format=custom", "--schema-only", "--no-owner", "--compress=none")


def dump_database(
    url: URL, *, version_table: str = "alembic_version", lock_timeout: int | None = None
) -> Dump:
    """Return the objects of a database, in an order in which they can be made.

    version_table: Alembic's own table, which is left out; with its schema before a dot when it
    has one. lock_timeout: milliseconds to wait at most for the lock of a table, ACCESS SHARE;
    None waits for as long as it takes.
    Raises UserError when pg_dump is missing or fails.
    """
    with status.doing("Reading a schema with pg_dump"):
        return _entries(dump_archive(url, version_table=version_table, lock_timeout=lock_timeout))


def dump_tables(url: URL, names: Sequence[tuple[str, str]]) -> Dump:
    """Return some tables of a database, each with what belongs to it alone.

    That is its sequences, constraints, indexes, triggers, policies, comments and rights. What they
    need of the rest is not named by ``needs``.
    names: schemas and names, of which at least one is there.
    Raises UserError as dump_database() does.
    """
    patterns = [".".join(map(_exact_pattern, name)) for name in names]
    with status.doing("Reading tables with pg_dump"):
        return _entries(
            run_program("pg_dump", url, *_OPTIONS, *(f"--table={one}" for one in patterns))
        )


def _exact_pattern(name: str) -> str:
    """Return the pattern of pg_dump that matches only this name."""
    return '"{}"'.format(name.replace('"', '""'))


def _entries(archive: bytes) -> Dump:
    ids: dict[int, str] = {}
    dump: Dump = {}
    for item in toc_entries(archive):
        if item.kind in _PREAMBLE_KINDS or _is_note_of_database(item.kind, item.name):
            continue
        if _is_public_schema_note(item.kind, item.name, item.create):
            continue
        entry = Entry(
            kind=item.kind,
            schema=item.schema,
            name=item.name,
            create=placement.definition_with_placement(
                item.kind,
                item.schema,
                item.name,
                item.create.strip(),
                (item.tablespace, item.method),
            ),
            drop=item.drop.strip(),
            needs=tuple(ids[number] for number in item.depends_on if number in ids),
        )
        ids[item.number] = entry.key
        for part in split_table.split_off_checks(entry):
            dump[_unused_key(part.key, dump)] = normalize.normalized_entry(part)
    return dump


def dump_archive(
    url: URL, *, version_table: str = "alembic_version", lock_timeout: int | None = None
) -> bytes:
    """Return the schema of a database as an archive in pg_dump's custom format.

    version_table, lock_timeout: see dump_database().
    Raises UserError when pg_dump is missing or fails.
    """
    schema, _, name = version_table.rpartition(".")
    pattern = ".".join(_exact_pattern(part) for part in (schema, name) if part)
    return run_program(
        "pg_dump",
        url,
        *_OPTIONS,
        f"--exclude-table={pattern}",
        *(() if lock_timeout is None else (f"--lock-wait-timeout={lock_timeout}",)),
    )


def _is_note_of_database(kind: str, name: str) -> bool:
    return kind in _OF_DATABASE and name.startswith("DATABASE ")


def _is_public_schema_note(kind: str, name: str, create: str) -> bool:
    """Return whether an entry only says that public is not as initdb made it.

    It was dropped and made again, say: pg_dump then prints no statement, or an empty comment.
    """
    if kind == "SCHEMA":
        return name == "public" and create.lstrip().startswith("--")
    return kind == "COMMENT" and name == "SCHEMA public" and create.strip().endswith("'';")


def copy_schema(source: URL, target: URL) -> None:
    """Make what one database holds, without its rows, in an empty one.

    Raises UserError when PostgreSQL's programs are missing or fail.
    """
    with tempfile.TemporaryDirectory(prefix="alembic-pg-") as folder:
        file = Path(folder) / "schema.sql"
        run_program("pg_dump", source, "--schema-only", "--no-owner", f"--file={file}")
        # A setting of PostgreSQL 17 and newer, which pg_dump says to older servers, too.
        script = file.read_bytes().replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1)
        file.write_bytes(script)
        run_script(target, file)


def _unused_key(key: str, dump: Dump) -> str:
    """Return the key, numbered where pg_dump gives two entries one name."""
    number = 2
    free = key
    while free in dump:
        free = f"{key} #{number}"
        number += 1
    return free


@cache
def version() -> str:
    """Return the version of pg_dump, asked once. Raises UserError when it is missing."""
    command = [find_program("pg_dump"), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
