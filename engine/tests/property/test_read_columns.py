"""Any column, as pg_dump prints it, is read as PostgreSQL's catalog has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope import column_differences
from hypothesis import given, note
from hypothesis import strategies as st
from tests.matrix.databases import execute, rows
from tests.property.many import examples

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

# Words that structure a definition, and all that quotes or brackets.
_TEXTS = st.lists(
    st.sampled_from([*"()[]{},;'\"\\:$", " NOT NULL", " DEFAULT ", "$f$", " COLLATE ", "x", "\n"]),
    max_size=6,
).map("".join)

_TYPES = {
    "text": ("{0}", '{0} || lower({1} COLLATE "C")', "(ARRAY[{0}, {1}])[1]", "COALESCE({0}, {1})"),
    "text[]": ("ARRAY[{0}, {1}]", "ARRAY[{0}]::varchar(3)[]::text[]", "ARRAY[]::text[]"),
    "int[]": ("ARRAY[1, length({0})]", "(ARRAY[[1, 2], [3, 4]])[1:2]"),
    "varchar(7)[]": ("ARRAY[{0}::varchar(7), {1}]",),
    'o."Odd, (type]"': ("{0}",),
    "numeric(10,2)": ("1.5", "(2 + length({0}))"),
    "jsonb": ("'{{\"a\": [1, 2]}}'::jsonb",),
}

_NAMES = ["a", "b,", "c (", "d]", '"e']

_CATALOG = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '', a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE a.attrelid = 't'::regclass AND a.attnum > 0 ORDER BY a.attname
"""


@st.composite
def _columns(draw: st.DrawFn) -> str:
    """Return the definition of one column, without its name."""
    kind = draw(st.sampled_from(sorted(_TYPES)))
    texts = [_literal(draw(_TEXTS)) for _ in range(2)]
    expression = draw(st.sampled_from(_TYPES[kind])).format(*texts)
    words = draw(
        st.sampled_from(
            ["", f" DEFAULT {expression}", f" GENERATED ALWAYS AS ({expression}) STORED"]
        )
    )
    collate = draw(st.sampled_from(["", ' COLLATE "C"'])) if kind == "text" else ""
    check = draw(st.sampled_from(["", f" CHECK (x <> ALL (ARRAY[{texts[0]}, {texts[1]}]))"]))
    check = check if kind == "text" else ""
    return f"{kind}{collate}{words}{draw(st.sampled_from(['', ' NOT NULL']))}{check}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@examples()
@given(
    columns=st.lists(_columns(), min_size=1, max_size=5),
    names=st.permutations(["a", "b,", "c (", "d]", '"e']),
)
def test_columns_are_read(databases: ScratchServer, columns: list[str], names: list[str]) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    body = ", ".join(
        f"{name} {column.replace('(x ', f'({name} ')}"
        for name, column in zip(quoted, columns, strict=False)
    )
    note(body)
    name = databases.create()
    url = databases.database_url(name)
    domain = 'CREATE SCHEMA o; CREATE DOMAIN o."Odd, (type]" AS text'
    execute(url, f"{domain}; CREATE TABLE public.t ({body})")
    read = column_differences.columns_by_path(pg_dump.dump_database(url))
    found = []
    for path, column in sorted(read.items()):
        generated = column.generated.removesuffix(" STORED")
        value = (generated[1:-1] if generated else column.default) or None
        found.append((path[2], column.type, bool(generated), bool(column.not_null), value))
    assert found == sorted(rows(url, _CATALOG))
    databases.drop(name)
