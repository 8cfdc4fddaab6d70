r"""Write psql meta-commands and \gexec queries for what a script only learns when it is executed.

psql executes the statements that a query with \gexec returns, each outside of a transaction.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from alembic_pg.offline import plpgsql_blocks
from alembic_pg.online.run.helper_names import catalog_name
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic_pg.options import Settings
    from alembic_pg.sql.statements import CreateIndex

# A script's first line: what comes after an error would be done as if it had not been.
STOP_AT_ERRORS = "\\set ON_ERROR_STOP on"

IF_LARGE, ELSE, END = "\\if :ddl_large", "\\else", "\\endif"
_COMMAND = re.compile(r"\\(gexec|gset ddl_|if :ddl_\w+|else|endif)")
_GSET = "\n\\gset ddl_"

# Of a comment.
_COMMENT_WIDTH = 97

_DROP_INVALID_INDEX = """
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(@table@) AND relname = @name@ AND relkind = 'i' AND NOT indisvalid
"""

# With indexes and partitions.
_ANY_LARGE = """
SELECT EXISTS (SELECT FROM unnest(@tables@) AS root WHERE @small@ < (
  WITH RECURSIVE tree AS (
    SELECT root::oid AS oid
    UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
  SELECT sum(pg_total_relation_size(oid)) FROM tree)) AS large
"""

_IS_PARTITIONED = """
SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(@name@) AND relkind IN ('p', 'I'))
  AND current_setting('server_version_num')::int < @version@ AS partitioned
"""

# No server is as new.
ANY_VERSION = 9999999

# The parts of a table, and the index of each that is like the one on the table: what an earlier
# try has attached, or anybody's that is free.
_PARTITION_INDEXES = """
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

_CREATE_PARENT = """
SELECT @statement@ WHERE NOT EXISTS (
  SELECT FROM pg_index JOIN pg_class ON oid = indexrelid
  WHERE indrelid = to_regclass(@table@) AND relname = @name@ AND NOT indisvalid)
"""

_CREATE_INTERMEDIATE = """
SELECT replace(@statement@, '@part@', relid::text)
FROM part WHERE relkind = 'p' AND relid NOT IN (SELECT relid FROM mine)
"""

_DROP_INVALID_PARTS = """
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM mine WHERE relkind = 'r' AND NOT indisvalid
"""

_CREATE_LEAF = """
SELECT replace(@statement@, '@part@', relid::text)
FROM part WHERE relkind = 'r' AND relid NOT IN (SELECT relid FROM mine)
"""

_ATTACH_CHILDREN = """
SELECT replace(replace(@statement@, '@up@', up.indexrelid::regclass::text),
  '@part@', mine.indexrelid::regclass::text)
FROM mine JOIN mine AS up ON up.relid = mine.parentrelid
WHERE mine.inhparent IS NULL ORDER BY mine.level DESC
"""


def comment_lines(text: str) -> str:
    """Return a text as lines before a statement, whatever is in it."""
    lines = textwrap.wrap(text, _COMMENT_WIDTH, break_long_words=False, break_on_hyphens=False)
    return "".join(f"-- {line}\n" for line in lines)


def drop_invalid_index(table: str, name: str) -> str:
    """Return what drops an INVALID index that an earlier try has left.

    table, name: as a statement has them.
    """
    return _gexec_query(_DROP_INVALID_INDEX, table, name)


def steps_if_large(
    settings: Settings, tables: Iterable[str], steps: list[str], other: str
) -> list[str]:
    """Return steps for a large table, and the other one for where all tables are small."""
    return [query_if_large(settings, tables), IF_LARGE, *steps, ELSE, other, END]


def steps_if_partitioned(
    name: str, steps: list[str], others: list[str], before: int = ANY_VERSION
) -> list[str]:
    """Return steps for a table, or an index, with partitions, and others for one without.

    before: the server_version_num from which on these are for both.
    """
    texts = {"@name@": quote_literal(name), "@version@": str(before)}
    asked = _fill_placeholders(_IS_PARTITIONED, texts) + _GSET
    return [asked, "\\if :ddl_partitioned", *steps, ELSE, *others, END]


def query_if_large(settings: Settings, tables: Iterable[str]) -> str:
    """Return what lets IF_LARGE know whether one of some tables is large, as a run knows it."""
    names = f"ARRAY[{', '.join(map(quote_literal, sorted(tables)))}]::regclass[]"
    return (
        _fill_placeholders(_ANY_LARGE, {"@tables@": names, "@small@": str(settings.large_table)})
        + _GSET
    )


def ends_with_command(step: str) -> bool:
    """Return whether a step ends with a command of psql's, not of SQL."""
    return bool(_COMMAND.fullmatch(step.rpartition("\n")[2]))


def partitioned_index_steps(settings: Settings, statement: CreateIndex) -> list[str]:
    """Return the steps of CREATE INDEX on a partitioned table, as a run takes them.

    The table's own index, which has no row, comes first: it says what those of the parts are like.
    """
    kind = "UNIQUE INDEX" if statement.unique else "INDEX"
    only = f"ON ONLY {statement.table} {statement.rest}"
    name = f"IF NOT EXISTS {statement.name}" if statement.if_not_exists else statement.name
    first = plpgsql_blocks.retry_block(settings, f"CREATE {kind} {name} {only}")
    between = plpgsql_blocks.retry_block(settings, f"CREATE {kind} ON ONLY @part@ {statement.rest}")
    built = f"CREATE {kind} CONCURRENTLY ON @part@ {statement.rest}"
    attached = plpgsql_blocks.retry_block(settings, "ALTER INDEX @up@ ATTACH PARTITION @part@")
    return [
        _gexec_query(_CREATE_PARENT, statement.table, statement.name, first),
        _gexec_query(
            _PARTITION_INDEXES + _CREATE_INTERMEDIATE, statement.table, statement.name, between
        ),
        _gexec_query(_PARTITION_INDEXES + _DROP_INVALID_PARTS, statement.table, statement.name),
        _gexec_query(_PARTITION_INDEXES + _CREATE_LEAF, statement.table, statement.name, built),
        _gexec_query(
            _PARTITION_INDEXES + _ATTACH_CHILDREN, statement.table, statement.name, attached
        ),
    ]


def _gexec_query(query: str, table: str, name: str, statement: str = "") -> str:
    texts = {"@table@": quote_literal(table), "@name@": quote_literal(catalog_name(name))}
    return (
        _fill_placeholders(query, {**texts, "@statement@": quote_literal(statement)}) + "\n\\gexec"
    )


def _fill_placeholders(query: str, texts: dict[str, str]) -> str:
    query = re.sub(r"\n+", "\n", query).strip()
    return re.sub("|".join(texts), lambda found: texts[found[0]], query)
