"""Objects by the names that people call them."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.dump.entry import Entry

TABLE = ("TABLE public.my posts",)
UNIQUE = "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT u UNIQUE (a);"
IDENTITY = "ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY ("

USER_MAPPING = "user mapping of joe on server s"
IN_PUBLICATION = "schema app in publication pub"
DOMAIN_COMMENT = "comment on constraint c on domain app.d"

LABELS = [
    (Entry("VIEW", "public", "v", "", ""), "view v"),
    (Entry("INDEX", "app", "i", "", ""), "index app.i"),
    (Entry("FUNCTION", "public", "f(integer)", "", ""), "function f(integer)"),
    (
        Entry("FUNCTION", "public", 'f(public.m, app.m, "a public.m")', "", ""),
        'function f(m, app.m, "a public.m")',
    ),
    (Entry("COMMENT", "app", "FUNCTION f(public.m[])", "", ""), "comment on function app.f(m[])"),
    (Entry("ACL", "public", "FUNCTION f(public.m)", "", ""), "grants on function f(m)"),
    (Entry("EXTENSION", "", "citext", "", ""), "extension citext"),
    (Entry("TYPE", "public", "m", "CREATE TYPE public.m AS ENUM (\n    'a'\n);", ""), "enum m"),
    (Entry("TYPE", "public", "c", "CREATE TYPE public.c AS (a integer);", ""), "type c"),
    (Entry("ACL", "public", "TABLE posts", "", ""), "grants on posts"),
    (Entry("ACL", "public", "COLUMN v.votes", "", ""), "grants on column v.votes"),
    (Entry("ACL", "app", "FUNCTION f()", "", ""), "grants on function app.f()"),
    (Entry("ACL", "", "SCHEMA app", "", ""), "grants on schema app"),
    (Entry("RULE", "public", "v _RETURN", "", ""), "query of view v"),
    (Entry("RULE", "app", "v r", "", ""), "rule r on app.v"),
    (Entry("CAST", "", "CAST (public.m AS integer)", "", ""), "cast (m AS integer)"),
    (Entry("USER MAPPING", "", "USER MAPPING joe SERVER s", "", ""), USER_MAPPING),
    (Entry("COMMENT", "app", "CONSTRAINT c ON DOMAIN d", "", ""), DOMAIN_COMMENT),
    (
        Entry("PUBLICATION TABLES IN SCHEMA", "app", "pub app", "", ""),
        "schema app in publication pub",
    ),
    (Entry("TRIGGER", "public", "my posts tg", "", "", TABLE), "trigger tg on my posts"),
    (Entry("POLICY", "app", "t p", "", ""), "policy p on app.t"),
    (Entry("CHECK CONSTRAINT", "public", "t c", "", ""), "check constraint c on t"),
    (Entry("FK CONSTRAINT", "public", "t f", "", ""), "foreign key f on t"),
    (Entry("CONSTRAINT", "public", "t u", UNIQUE, ""), "unique constraint u on t"),
    (Entry("DEFAULT", "public", "t a", "", ""), "default of t.a"),
    (Entry("COMMENT", "public", "TABLE t", "", ""), "comment on table t"),
    (Entry("COMMENT", "app", "CONSTRAINT c ON t", "", ""), "comment on constraint c on app.t"),
    (Entry("COMMENT", "public", "MATERIALIZED VIEW v", "", ""), "comment on materialized view v"),
    (Entry("ROW SECURITY", "public", "t", "", ""), "row level security of t"),
    (Entry("SEQUENCE", "public", "s", "CREATE SEQUENCE public.s", ""), "sequence s"),
    (Entry("SEQUENCE", "public", "t_id_seq", IDENTITY, ""), "identity of t.id"),
    (Entry("SEQUENCE OWNED BY", "public", "s", "", ""), "owner of sequence s"),
    (Entry("TABLE ATTACH", "public", "p1", "", ""), "attachment of p1"),
    (
        Entry("DEFAULT ACL", "app", "DEFAULT PRIVILEGES FOR TABLES", "", ""),
        "default privileges for tables in schema app",
    ),
    (Entry("PUBLICATION TABLE", "public", "pub t", "", ""), "table t in publication pub"),
]


@pytest.mark.parametrize(("entry", "label"), LABELS)
def test_an_object_is_called_as_people_call_it(entry: Entry, label: str) -> None:
    assert entry.label == label
