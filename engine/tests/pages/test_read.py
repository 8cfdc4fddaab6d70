"""What the catalog says, of every kind of object that the pages show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.database.connect import connect
from alembic_pg.pages.schema import Reference
from tests.pages.schemas import schema_of

if TYPE_CHECKING:
    from alembic_pg.pages.schema import Relation, Schema
    from sqlalchemy.engine import URL

STATEMENTS = [
    "CREATE SCHEMA app",
    "CREATE EXTENSION citext SCHEMA app",
    "CREATE TYPE app.mood AS ENUM ('sad', 'glad')",
    "CREATE DOMAIN short AS text DEFAULT 'x' CONSTRAINT nine CHECK (length(VALUE) < 9)",
    "CREATE TYPE pair AS (a int, b text)",
    "CREATE TYPE span AS RANGE (subtype = float8)",
    "CREATE SEQUENCE counted START 7 CYCLE",
    """CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO app.log VALUES (1); RETURN NEW; END $$""",
    "CREATE FUNCTION doubled(a int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a * 2",
    "CREATE AGGREGATE glued(text) (SFUNC = textcat, STYPE = text)",
    "CREATE TABLE app.log (id int)",
    """CREATE TABLE users (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name short COLLATE "C" NOT NULL UNIQUE,
      moods app.mood[] DEFAULT '{sad}',
      twice int GENERATED ALWAYS AS (doubled(1)) STORED,
      boss bigint REFERENCES users DEFERRABLE)""",
    "COMMENT ON TABLE users IS 'Who'",
    "COMMENT ON COLUMN users.name IS 'How called'",
    "ALTER TABLE users ADD CONSTRAINT wise CHECK (id > 0) NOT VALID",
    "CREATE INDEX users_boss ON users (boss) WHERE boss > 0",
    "CREATE TRIGGER noting AFTER INSERT ON users EXECUTE FUNCTION noted()",
    "ALTER TABLE users DISABLE TRIGGER noting",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON users AS RESTRICTIVE FOR SELECT USING (id > 1)",
    "GRANT SELECT (name), UPDATE ON users TO PUBLIC",
    "CREATE TABLE part (at date NOT NULL, who bigint REFERENCES users) PARTITION BY RANGE (at)",
    "CREATE TABLE part_old PARTITION OF part FOR VALUES FROM (MINVALUE) TO ('2020-01-01')",
    "CREATE VIEW named AS SELECT name FROM users WHERE doubled(1) > 0",
    "CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM named",
    "CREATE TABLE alembic_version (version_num text)",
]


MOODS = "CREATE STATISTICS app.moods ON name, mood FROM users"
KEPT = "CREATE RULE kept AS\n    ON DELETE TO users DO INSTEAD NOTHING;"

# Of each kind that has no page.
REST = [
    "CREATE SCHEMA app",
    "CREATE TABLE users (id int, name text, mood text)",
    "CREATE RULE kept AS ON DELETE TO users DO INSTEAD NOTHING",
    MOODS,
    "CREATE FUNCTION app.watched() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$",
    """CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION app.watched()""",
    "CREATE PUBLICATION sent FOR TABLE users, TABLES IN SCHEMA app WITH (publish = 'insert')",
    "CREATE FOREIGN DATA WRAPPER wrapped",
    "CREATE SERVER far FOREIGN DATA WRAPPER wrapped OPTIONS (host 'secret-host')",
    "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'secret-word')",
    "CREATE COLLATION app.plain (provider = libc, locale = 'C')",
    "COMMENT ON COLLATION app.plain IS 'As bytes'",
    "CREATE CONVERSION turned FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
    "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)",
    "CREATE TEXT SEARCH DICTIONARY listed (TEMPLATE = simple)",
    "CREATE TYPE mood AS ENUM ('sad')",
    "CREATE FUNCTION alike(a mood, b mood) RETURNS bool LANGUAGE sql IMMUTABLE RETURN a = b",
    "CREATE OPERATOR === (LEFTARG = mood, RIGHTARG = mood, FUNCTION = alike)",
    "CREATE FUNCTION number(mood) RETURNS int LANGUAGE sql IMMUTABLE RETURN 1",
    "CREATE CAST (mood AS int) WITH FUNCTION number(mood)",
    "CREATE OPERATOR FAMILY kin USING btree",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC",
]


def relation(schema: Schema, name: str) -> Relation:
    return next(one for one in schema.relations if one.key == ("public", name))


def test_tables_with_all_of_their_parts(empty: URL) -> None:
    schema = schema_of(empty, STATEMENTS)
    assert [one.key[1] for one in schema.relations] == ["log", "kept", "named", "part", "users"]
    users = relation(schema, "users")
    assert (users.comment, users.owner, users.size) == ("Who", "", None)
    assert users.primary_key == ("id",)
    ident, name, moods, twice, boss = users.columns
    assert (ident.generated, ident.not_null) == ("identity, always", True)
    assert (name.type, name.collation, name.comment) == ("short", "C", "How called")
    assert name.type_of == Reference("type", ("public", "short"))
    assert moods.type_of == Reference("type", ("app", "mood"))
    assert (twice.generated, twice.default) == ("stored", "doubled(1)")
    assert not boss.not_null
    kinds = {one.name: (one.kind, one.valid) for one in users.constraints}
    assert kinds["wise"] == ("check", False)
    assert kinds["users_name_key"] == ("unique", True)
    (key,) = users.foreign_keys
    assert (key.refers_to, key.to_columns) == (("public", "users"), ("id",))
    assert [one.name for one in users.indexes] == ["users_boss"]
    assert [(one.name, one.note) for one in users.triggers] == [("noting", "disabled")]
    (policy,) = users.policies
    assert (policy.note, policy.definition) == (
        "restrictive",
        "FOR SELECT TO PUBLIC\nUSING ((id > 1))",
    )
    assert [(one.role, one.column, one.privileges) for one in users.grants] == [
        ("PUBLIC", "", "UPDATE"),
        ("PUBLIC", "name", "SELECT"),
    ]
    assert users.notes == ("row-level security",)


def test_partitions_stand_in_their_table(empty: URL) -> None:
    part = relation(schema_of(empty, STATEMENTS), "part")
    assert part.partitioned_by == "RANGE (at)"
    ((name, bound),) = [(one.name, one.definition) for one in part.partitions]
    assert (name, bound) == ("part_old", "FOR VALUES FROM (MINVALUE) TO ('2020-01-01')")
    assert [one.refers_to for one in part.foreign_keys] == [("public", "users")]


def test_who_uses_what(empty: URL) -> None:
    schema = schema_of(empty, STATEMENTS)
    named = relation(schema, "named")
    assert set(named.depends_on) == {
        Reference("relation", ("public", "users")),
        Reference("function", ("public", "doubled"), "a integer"),
        Reference("type", ("public", "short")),
    }
    assert named.used_by == (Reference("relation", ("public", "kept")),)
    noted = next(one for one in schema.functions if one.key[1] == "noted")
    assert noted.mentions == (Reference("relation", ("app", "log")),)
    assert noted.used_by == (Reference("relation", ("public", "users")),)
    assert "INSERT INTO app.log" in noted.definition
    assert [one.kind for one in schema.functions] == ["function", "aggregate", "function"]


def test_types_and_others(empty: URL) -> None:
    schema = schema_of(empty, STATEMENTS)
    assert {one.key[1]: (one.kind, one.details) for one in schema.types} == {
        "mood": ("enum", ("sad", "glad")),
        "pair": ("composite type", ("a integer", "b text")),
        "short": ("domain", ("text", "DEFAULT 'x'::text", "nine CHECK ((length(VALUE) < 9))")),
        "span": ("range", ("of double precision",)),
    }
    mood = next(one for one in schema.types if one.key[1] == "mood")
    assert mood.used_by == (Reference("relation", ("public", "users")),)
    assert [(one.key, one.details) for one in schema.sequences] == [
        (("public", "counted"), "bigint, from 7 by 1, in a cycle")
    ]
    assert [(one.name, one.schema, one.version) for one in schema.extensions] == [
        ("citext", "app", "")
    ]
    assert [one.name for one in schema.namespaces] == ["app", "public"]


def test_what_has_no_page_is_listed_without_secrets(empty: URL) -> None:
    others = {one.key: one for one in schema_of(empty, REST).others}
    assert {key: one.details for key, one in others.items()} == {
        ("cast", "(mood AS integer)"): "calls number",
        ("collation", "app.plain"): "libc C",
        ("conversion", "turned"): "from UTF8 to LATIN1",
        ("default privileges", "in schema app on tables"): "SELECT to PUBLIC",
        ("event trigger", "watching"): "on ddl_command_end (CREATE TABLE) calls app.watched()",
        (
            "extended statistics",
            "app.moods",
        ): MOODS,
        ("foreign server", "far"): "by wrapped",
        ("foreign-data wrapper", "wrapped"): "",
        ("operator", "===(mood,mood)"): "calls alike",
        ("operator family", "kin USING btree"): "",
        ("publication", "sent"): "users, all tables of the schema app: insert",
        ("rule", "kept on users"): KEPT,
        ("text search configuration", "words"): "parser default",
        ("text search dictionary", "listed"): "simple",
        ("user mapping", "public on server far"): "",
    }
    assert others["collation", "app.plain"].comment == "As bytes"


def test_a_live_database_tells_sizes_owners_and_versions(empty: URL) -> None:
    schema = schema_of(empty, STATEMENTS, live=True)
    users = relation(schema, "users")
    assert users.size
    assert users.size.bytes > 0
    assert users.owner
    assert schema.extensions[0].version
    assert next(role.attributes for role in schema.roles if role.name == users.owner)


def test_it_asks_as_often_for_many_tables_as_for_one(empty: URL) -> None:
    schema_of(empty, [f"CREATE TABLE t{number} (id int)" for number in range(30)])
    asked = []
    from alembic_pg.pages.read import read_schema  # noqa: PLC0415  # beside its count
    from sqlalchemy import event  # noqa: PLC0415

    with connect(empty, source="the test's") as connection, connection.begin():
        event.listen(connection, "before_cursor_execute", lambda *a: asked.append(a[2]))
        assert len(read_schema(connection, live=True, left_out="x").relations) == 30
    assert len(asked) < 20
