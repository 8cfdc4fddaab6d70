"""Read the table of contents of an archive in pg_dump's custom format.

pg_dump's plain text does not say what depends on what; the archive does. It is read at once, since
a schema of a thousand tables has ten thousand entries (PostgreSQL's source, pg_backup_archiver.c:
ReadHead, ReadToc; unchanged since 1.14 but for what is marked).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"PGDMP"
CUSTOM_FORMAT = 1

# Versions of the format: PostgreSQL 12 to 15, 16, and 17 to 18.
OLDEST_VERSION = (1, 14)
WITH_ALGORITHM = (1, 15)
WITH_RELKIND = (1, 16)
KNOWN_VERSIONS = (OLDEST_VERSION, WITH_ALGORITHM, WITH_RELKIND)

_INT = struct.Struct("<BI")  # its sign, and its four bytes: pg_dump's int everywhere
_TIME_FIELDS = 7  # numbers


class TocEntry(NamedTuple):
    """Hold an entry of the table of contents, with "" for what it does not have.

    depends_on: the numbers of the entries it depends on.
    catalog_id: the OIDs of its catalog and of its row there, both 0 of a grant or a comment.
    """

    number: int
    name: str
    kind: str
    create: str
    drop: str
    schema: str
    tablespace: str
    method: str
    depends_on: list[int]
    catalog_id: tuple[int, int]


def toc_entries(archive: bytes) -> Iterator[TocEntry]:
    """Yield the entries of an archive, in its order.

    archive: as pg_dump of PostgreSQL 12 to 18 writes it, in UTF-8.
    Raises ValueError for anything else.
    """
    version = tuple(archive[5:7])
    if archive[:5] != MAGIC or version not in KNOWN_VERSIONS or archive[8] != _INT.size - 1:
        raise ValueError(f"no archive of a format that is known: {archive[:11]!r}")
    if archive[10] != CUSTOM_FORMAT:
        raise ValueError("no archive in the custom format")
    reader = _Reader(archive)
    # After the sizes: how it is compressed.
    reader.position = 11 + (1 if version >= WITH_ALGORITHM else _INT.size)
    for _ in range(_TIME_FIELDS):
        reader.read_number()
    for _ in ("database", "server's version", "pg_dump's version"):
        reader.read_text()
    for _ in range(reader.read_number()):
        yield _read_toc_entry(reader, archive[9], with_relkind=version >= WITH_RELKIND)


def _read_toc_entry(reader: _Reader, offset: int, *, with_relkind: bool) -> TocEntry:
    """Return the next entry. offset: the bytes of a place in the archive."""
    read_number, read_text = reader.read_number, reader.read_text
    own = read_number()
    read_number()  # whether it has data
    catalog_id = int(read_text() or 0), int(read_text() or 0)
    name, kind = read_text(), read_text()
    read_number()  # section
    create, drop, _, schema, tablespace, method = (read_text() for _ in range(6))
    if with_relkind:
        read_number()
    read_text()  # owner
    read_text()  # WITH OIDS
    depends_on = set()
    while need := read_text():
        depends_on.add(int(need))
    reader.position += 1 + offset
    needs = sorted(depends_on)
    return TocEntry(own, name, kind, create, drop, schema, tablespace, method, needs, catalog_id)


class _Reader:
    """Read one value after the other."""

    def __init__(self, archive: bytes) -> None:
        self.archive = archive
        self.position = 0

    def read_number(self) -> int:
        sign: int
        value: int
        sign, value = _INT.unpack_from(self.archive, self.position)
        self.position += _INT.size
        return -value if sign else value

    def read_text(self) -> str:
        """Return a text, "" where there is none."""
        sign, length = _INT.unpack_from(self.archive, self.position)
        start = self.position + _INT.size
        if sign or not length:
            self.position = start
            return ""
        self.position = start + length
        return self.archive[start : self.position].decode()
