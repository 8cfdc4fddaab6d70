"""Stand-ins for pgcrypto and uuid-ossp: signatures as contrib's, and bodies that do not lie."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.database.connect import connect
from alembic_pg.embedded import extension_stand_ins, server, server_files
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.embedded.server import Server
    from sqlalchemy.engine import Connection

EXTENSIONS = ("pgcrypto", "uuid-ossp")

# How many functions contrib's have, by volatility and strictness, in these versions.
CONTRIB = {
    "pgcrypto": {("1.4", "i", True): 24, ("1.4", "v", True): 12, ("1.4", "v", False): 1},
    "uuid-ossp": {("1.1", "i", True): 7, ("1.1", "v", True): 3},
}

COUNTED = """
SELECT e.extversion, p.provolatile::text, p.proisstrict, count(*)
FROM pg_extension AS e JOIN pg_depend AS d ON d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_proc AS p ON p.oid = d.objid AND p.proparallel = 's'
WHERE e.extname = :name GROUP BY 1, 2, 3
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    from tests.embedded.folders import open_to_all  # noqa: PLC0415
    from tests.embedded.tools import Tools  # noqa: PLC0415

    with open_to_all() as folder:
        started = server.start(folder / "scratch", durable=False)
        yield started
        started.release()
        Tools.ended(started.folder, started.socket_directory)


@pytest.fixture
def connection(running: Server) -> Iterator[Connection]:
    with connect(running.url("postgres"), source="the tests") as opened:
        for name in EXTENSIONS:
            opened.exec_driver_sql(f'CREATE EXTENSION "{name}"')
        yield opened


@pytest.mark.parametrize("name", EXTENSIONS)
def test_signatures_and_comment_are_contribs(connection: Connection, name: str) -> None:
    rows = connection.execute(text(COUNTED), {"name": name})
    assert {tuple(row[:3]): row[3] for row in rows} == CONTRIB[name]
    asked = "SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = :name"
    assert (
        connection.scalar(text(asked), {"name": name})
        == {
            "pgcrypto": "cryptographic functions",
            "uuid-ossp": "generate universally unique identifiers (UUIDs)",
        }[name]
    )


@pytest.mark.parametrize("kind", ["md5", "sha224", "SHA256", "sha384", "sha512"])
@pytest.mark.parametrize("key", ["", "key", "kéy" * 70])
def test_digests_and_their_keyed_ones_are_right(
    connection: Connection, kind: str, key: str
) -> None:
    asked = text("SELECT digest('tëxt', :kind), hmac('tëxt', :key, :kind)")
    plain, keyed = connection.execute(asked, {"kind": kind, "key": key}).one()
    assert bytes(plain) == hashlib.new(kind.lower(), "tëxt".encode()).digest()
    assert bytes(keyed) == hmac.new(key.encode(), "tëxt".encode(), kind.lower()).digest()


@pytest.mark.parametrize("length", [1, 31, 32, 33, 1024])
def test_random_bytes_are_as_many_as_asked(connection: Connection, length: int) -> None:
    asked = text("SELECT gen_random_bytes(:n), gen_random_bytes(:n)")
    one, other = map(bytes, connection.execute(asked, {"n": length}).one())
    assert len(one) == len(other) == length
    assert length == 1 or one != other


def test_uuids_are_of_their_version(connection: Connection) -> None:
    for version in ("v1", "v1mc", "v4"):
        made = connection.scalar(text(f"SELECT uuid_generate_{version}()"))
        assert isinstance(made, uuid.UUID)
        assert (made.version, made.variant) == (int(version[1]), uuid.RFC_4122)
    now = connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
    first = connection.scalar(text("SELECT uuid_generate_v1()"))
    assert first is not None
    assert abs((first.time - 0x01B21DD213814000) / 1e7 - float(now or 0)) < 10
    assert first.node >> 40 & 1  # of no machine
    named = connection.scalar(text("SELECT uuid_generate_v3(uuid_ns_dns(), 'tëst')"))
    assert named == uuid.uuid3(uuid.NAMESPACE_DNS, "tëst")


@pytest.mark.parametrize(
    "call",
    [
        "crypt('a', 'b')",
        "gen_salt('bf')",
        "gen_salt('bf', 8)",
        "digest('a', 'sha1')",
        "pgp_sym_encrypt('a', 'b')",
        "armor('a')",
        "uuid_generate_v5(uuid_ns_dns(), 'a')",
    ],
)
def test_what_cannot_be_computed_says_so(connection: Connection, call: str) -> None:
    with pytest.raises(DBAPIError, match=r"the embedded server cannot compute \w+.*stands in"):
        connection.scalar(text(f"SELECT {call}"))


def test_an_older_version_is_there_and_updated(running: Server) -> None:
    with connect(running.url("postgres"), source="the tests") as opened:
        opened.exec_driver_sql("CREATE SCHEMA s")
        opened.exec_driver_sql("CREATE EXTENSION pgcrypto SCHEMA s VERSION '1.3'")
        opened.exec_driver_sql("ALTER EXTENSION pgcrypto UPDATE")
        assert opened.scalar(text("SELECT s.fips_mode()")) is False
        opened.exec_driver_sql("ALTER EXTENSION pgcrypto SET SCHEMA public")
        assert opened.scalar(text("SELECT length(hmac('a', 'b', 'sha256'))")) == 32


def test_a_dump_has_the_extension_alone(running: Server) -> None:
    with connect(running.url("postgres"), source="the tests", autocommit=True) as opened:
        opened.exec_driver_sql("CREATE DATABASE dumped")
    with connect(running.url("dumped"), source="the tests", autocommit=True) as opened:
        opened.exec_driver_sql("CREATE EXTENSION pgcrypto")
        opened.exec_driver_sql("CREATE TABLE t (id uuid DEFAULT gen_random_uuid())")
    dumped = pg_dump.dump_database(running.url("dumped"))
    assert [key for key in dumped if "FUNCTION" in key] == []
    assert "EXTENSION .pgcrypto" in dumped


def test_the_files_are_in_the_data_folder_and_made_anew(open_folder: Path) -> None:
    folder = open_folder / "scratch"
    first = server.start(folder, durable=False)
    place = folder / server_files.DATA / extension_stand_ins.FOLDER / "extension"
    names = sorted(file.name for file in place.iterdir())
    assert "pgcrypto.control" in names
    first.release()
    from tests.embedded.tools import Tools  # noqa: PLC0415

    Tools.ended(folder, first.socket_directory)
    (place / "old.control").touch()
    again = server.start(folder, durable=False)
    assert sorted(file.name for file in place.iterdir()) == names
    again.release()
    Tools.ended(folder, again.socket_directory)
