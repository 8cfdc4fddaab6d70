r"""What a script lets psql find out: an index that is half built, the partitions of a table.

A query that ends in \gexec finds statements, which psql executes, each outside of a transaction.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.offline import plpgsql_blocks
from alembic_pg.online.run import large_tables
from alembic_pg.online.run.helper_names import unquoted
from alembic_pg.sql.quoting import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.options import Settings
    from alembic_pg.sql.statements import CreateIndex

IF_LARGE, ELSE, END = "\\if :ddl_large", "\\else", "\\endif"
_COMMAND = re.compile(r"\\(gexec|gset ddl_|if :ddl_\w+|else|endif)")
_KEPT = "\n\\gset ddl_"

# Of a comment.
_WIDTH = 97

_LEFT = """
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(@table@) AND relname = @name@ AND relkind = 'i' AND NOT indisvalid
"""

# With indexes and partitions.
_LARGE = """
SELECT EXISTS (SELECT FROM unnest(@tables@) AS root WHERE @small@ < (
  WITH RECURSIVE tree AS (
    SELECT root::oid AS oid
    UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
  SELECT sum(pg_total_relation_size(oid)) FROM tree)) AS large
"""

_PARTITIONED = """
SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(@name@) AND relkind IN ('p', 'I'))
  AND current_setting('server_version_num')::int < @version@ AS partitioned
"""

# No server is as new.
ALWAYS = 9999999

# The parts of a table, and the index of each that is like the one on the table: what an earlier
# try has attached, or anybody's that is free.
_PARTS = """
WITH wanted AS (
  SELECT indexrelid AS root, indrelid, indisunique AS u, substr(def, strpos(def, ' USING ')) AS d
  FROM pg_index JOIN pg_class ON oid = indexrelid, pg_get_indexdef(indexrelid) AS def
  WHERE indrelid = to_regclass(@table@) AND relname = @name@),
part AS (
  SELECT relid, parentrelid, level, relkind
  FROM wanted, pg_partition_tree(indrelid) JOIN pg_class ON oid = relid WHERE relkind <> 'f'),
mine AS (
  SELECT DISTINCT ON (relid) part.*, indexrelid, indisvalid, inhparent
  FROM wanted, part JOIN pg_index ON indrelid = relid LEFT JOIN pg_inherits
    ON inhrelid = indexrelid, pg_get_indexdef(indexrelid) AS def
  WHERE indisunique = u AND substr(def, strpos(def, ' USING ')) = d
    AND (inhparent IS NULL OR pg_partition_root(indexrelid) = root)
  ORDER BY relid, indexrelid = root DESC, inhparent IS NULL, indisvalid DESC, indexrelid)
"""

_FIRST = """
SELECT @statement@ WHERE NOT EXISTS (
  SELECT FROM pg_index JOIN pg_class ON oid = indexrelid
  WHERE indrelid = to_regclass(@table@) AND relname = @name@ AND NOT indisvalid)
"""

_BETWEEN = """
SELECT replace(@statement@, '@part@', relid::text)
FROM part WHERE relkind = 'p' AND relid NOT IN (SELECT relid FROM mine)
"""

_HALF = """
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM mine WHERE relkind = 'r' AND NOT indisvalid
"""

_BUILT = """
SELECT replace(@statement@, '@part@', relid::text)
FROM part WHERE relkind = 'r' AND relid NOT IN (SELECT relid FROM mine)
"""

_ATTACHED = """
SELECT replace(replace(@statement@, '@up@', up.indexrelid::regclass::text),
  '@part@', mine.indexrelid::regclass::text)
FROM mine JOIN mine AS up ON up.relid = mine.parentrelid
WHERE mine.inhparent IS NULL ORDER BY mine.level DESC
"""


def comment(text: str) -> str:
    """Return a text as lines before a statement, whatever is in it."""
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "".join(f"-- {line}\n" for line in lines)


def left(table: str, name: str) -> str:
    """Return what drops an INVALID index that an earlier try has left.

    table, name: as a statement has them.
    """
    return _found(_LEFT, table, name)


def where_large(tables: Iterable[str], steps: list[str], other: str) -> list[str]:
    """Return steps for a large table, and the other one for where all tables are small."""
    return [large(tables), IF_LARGE, *steps, ELSE, other, END]


def where_partitioned(
    name: str, steps: list[str], others: list[str], before: int = ALWAYS
) -> list[str]:
    """Return steps for a table, or an index, with partitions, and others for one without.

    before: the server_version_num from which on these are for both.
    """
    texts = {"@name@": literal(name), "@version@": str(before)}
    asked = _filled(_PARTITIONED, texts) + _KEPT
    return [asked, "\\if :ddl_partitioned", *steps, ELSE, *others, END]


def large(tables: Iterable[str]) -> str:
    """Return what lets IF_LARGE know whether one of some tables is large, as a run knows it."""
    names = f"ARRAY[{', '.join(map(literal, sorted(tables)))}]::regclass[]"
    return _filled(_LARGE, {"@tables@": names, "@small@": str(large_tables.SMALL)}) + _KEPT


def ends(step: str) -> bool:
    """Return whether a step ends with a command of psql's, not of SQL."""
    return bool(_COMMAND.fullmatch(step.rpartition("\n")[2]))


def on_parts(settings: Settings, shape: CreateIndex) -> list[str]:
    """Return the steps of CREATE INDEX on a partitioned table, as a run takes them.

    The table's own index, which has no row, comes first: it says what those of the parts are like.
    """
    kind = "UNIQUE INDEX" if shape.unique else "INDEX"
    only = f"ON ONLY {shape.table} {shape.rest}"
    name = f"IF NOT EXISTS {shape.name}" if shape.there_ok else shape.name
    first = plpgsql_blocks.retried(settings, f"CREATE {kind} {name} {only}")
    between = plpgsql_blocks.retried(settings, f"CREATE {kind} ON ONLY @part@ {shape.rest}")
    built = f"CREATE {kind} CONCURRENTLY ON @part@ {shape.rest}"
    attached = plpgsql_blocks.retried(settings, "ALTER INDEX @up@ ATTACH PARTITION @part@")
    return [
        _found(_FIRST, shape.table, shape.name, first),
        _found(_PARTS + _BETWEEN, shape.table, shape.name, between),
        _found(_PARTS + _HALF, shape.table, shape.name),
        _found(_PARTS + _BUILT, shape.table, shape.name, built),
        _found(_PARTS + _ATTACHED, shape.table, shape.name, attached),
    ]


def _found(query: str, table: str, name: str, statement: str = "") -> str:
    texts = {"@table@": literal(table), "@name@": literal(unquoted(name))}
    return _filled(query, {**texts, "@statement@": literal(statement)}) + "\n\\gexec"


def _filled(query: str, texts: dict[str, str]) -> str:
    query = re.sub(r"\n+", "\n", query).strip()
    return re.sub("|".join(texts), lambda found: texts[found[0]], query)
