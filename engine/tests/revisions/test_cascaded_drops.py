"""What goes with an object that is dropped with CASCADE is known before, as PostgreSQL does it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.connect import make_engine
from alembic_pg.database.session import Session
from alembic_pg.errors import UserError
from alembic_pg.revisions.cascaded_drops import drops_that_follow
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE t (id int PRIMARY KEY, a int, b int)",
    "INSERT INTO t SELECT n, n, n FROM generate_series(1, 1000) AS n",
    "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1'",
    'CREATE SCHEMA "S s"',
)
OF_FUNCTION = {
    "index": "CREATE INDEX i ON t (f(a))",
    "check": 'ALTER TABLE t ADD CONSTRAINT "C c" CHECK (f(a) > 0)',
    "default": "ALTER TABLE t ALTER b SET DEFAULT f(1)",
    "view": 'CREATE VIEW "S s".v AS SELECT f(a) FROM t',
    "view of a view": "CREATE VIEW v AS SELECT f(a) AS x FROM t; CREATE VIEW w AS TABLE v",
    "materialized view": (
        "CREATE MATERIALIZED VIEW m AS SELECT f(a) AS x FROM t; CREATE INDEX mi ON m (x)"
    ),
    "generated column": "ALTER TABLE t ADD g int GENERATED ALWAYS AS (f(a)) STORED",
    "generated column under a view": (
        "ALTER TABLE t ADD g int GENERATED ALWAYS AS (f(a)) STORED;"
        " CREATE VIEW v AS SELECT g FROM t; CREATE INDEX i ON t (g)"
    ),
    "policy": "CREATE POLICY p ON t USING (f(a) > 0)",
    "rule": "CREATE RULE r AS ON DELETE TO t WHERE f(old.a) < 0 DO INSTEAD NOTHING",
    "nothing": "SELECT 1",
}
DROP = "DROP FUNCTION f(int) CASCADE"
OTHERS = {
    "table": (
        (
            "CREATE TABLE s (a int REFERENCES t, CONSTRAINT s_k CHECK (a > 0));"
            " CREATE VIEW v AS SELECT id FROM t"
        ),
        "DROP TABLE t CASCADE",
    ),
    "view": ("CREATE VIEW v AS TABLE t; CREATE VIEW w AS TABLE v", "DROP VIEW IF EXISTS v CASCADE"),
    "two views": (
        "CREATE VIEW v AS TABLE t; CREATE VIEW w AS TABLE t; CREATE VIEW x AS TABLE w",
        "DROP VIEW v, public.w CASCADE",
    ),
    "enum": (
        (
            "CREATE TYPE e AS ENUM ('x'); ALTER TABLE t ADD k e; CREATE INDEX i ON t (a, k);"
            " CREATE VIEW v AS SELECT k FROM t"
        ),
        "DROP TYPE e CASCADE",
    ),
    "domain": ("CREATE DOMAIN d AS int; ALTER TABLE t ADD k d", "DROP DOMAIN d CASCADE"),
    "schema": (
        (
            "CREATE FUNCTION \"S s\".g(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';"
            ' CREATE INDEX i ON t ("S s".g(a)); CREATE VIEW "S s".v AS SELECT a FROM t'
        ),
        'DROP SCHEMA "S s" CASCADE',
    ),
    "sequence": (
        "CREATE SEQUENCE q; ALTER TABLE t ALTER b SET DEFAULT nextval('q')",
        "DROP SEQUENCE q CASCADE",
    ),
    "column": (
        (
            "CREATE VIEW v AS SELECT b FROM t; CREATE INDEX i ON t (a, b);"
            " ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 OR b > 0)"
        ),
        "ALTER TABLE t DROP COLUMN b CASCADE, ADD COLUMN z int",
    ),
    "column without its word": ("CREATE VIEW v AS SELECT b FROM t", "ALTER TABLE t DROP b CASCADE"),
    "constraint": (
        "CREATE TABLE s (a int CONSTRAINT s_a REFERENCES t)",
        "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE",
    ),
    "one of two functions": (
        (
            "CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1';"
            " CREATE INDEX i ON t (f(a)); CREATE VIEW v AS SELECT f('x'::text) AS x"
        ),
        "DROP FUNCTION f(text) CASCADE",
    ),
    "named arguments": (OF_FUNCTION["index"], "DROP FUNCTION IF EXISTS f(IN x int) CASCADE"),
    "no arguments": (OF_FUNCTION["index"], "DROP FUNCTION public.f CASCADE"),
    "partitions": (
        (
            "CREATE TABLE p (a int, b int) PARTITION BY LIST (a);"
            " CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST (a);"
            " CREATE TABLE p2 PARTITION OF p1 FOR VALUES IN (1); CREATE INDEX i ON p2 (b);"
            " CREATE VIEW v AS SELECT b FROM p1; CREATE VIEW w AS SELECT b FROM p2"
        ),
        "ALTER TABLE p DROP COLUMN b CASCADE",
    ),
    "children": (
        (
            "CREATE TABLE p (a int, b int); CREATE TABLE c () INHERITS (p);"
            " CREATE TABLE d (b int) INHERITS (p); CREATE VIEW v AS SELECT c.b FROM c;"
            " CREATE VIEW w AS SELECT d.b FROM d"
        ),
        "ALTER TABLE p DROP COLUMN b CASCADE",
    ),
    "function of a function": (
        (
            "CREATE TYPE e AS ENUM ('x');"
            " CREATE FUNCTION g(e) RETURNS int LANGUAGE sql AS 'SELECT 1';"
            " CREATE VIEW v AS SELECT g('x')"
        ),
        "DROP TYPE e CASCADE",
    ),
    "published": (
        "CREATE PUBLICATION s FOR TABLE t WHERE (b > 0)",
        "ALTER TABLE t DROP b CASCADE",
    ),
    "several in one text": (
        "CREATE VIEW v AS TABLE t; CREATE VIEW w AS TABLE v; CREATE VIEW x AS SELECT f(1)",
        "SELECT 1; DROP VIEW v CASCADE; DROP FUNCTION f(int) CASCADE",
    ),
    "in a block": (
        "CREATE VIEW v AS TABLE t; CREATE VIEW w AS TABLE v",
        "DO $$ BEGIN DROP VIEW v CASCADE; END $$",
    ),
    "collation": (
        (
            'CREATE COLLATION k FROM "C"; ALTER TABLE t ADD c text COLLATE k;'
            " CREATE VIEW v AS SELECT c FROM t"
        ),
        "DROP COLLATION k CASCADE",
    ),
    "foreign server": (
        (
            "CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER r FOREIGN DATA WRAPPER fdw;"
            " CREATE FOREIGN TABLE o (a int) SERVER r; CREATE VIEW v AS TABLE o"
        ),
        "DROP SERVER r CASCADE",
    ),
    "trigger's function": (
        (
            "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            " CREATE TRIGGER k BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()"
        ),
        "DROP FUNCTION g CASCADE",
    ),
}
EVERY = {name: (made, DROP) for name, made in OF_FUNCTION.items()} | OTHERS

OF_TABLE = ("trigger", "policy", "rule")
RELATIONS = ("view", "materialized view", "table", "foreign table", "sequence", "index")

# What there is of the kinds that are asked for.
_THERE = """
SELECT type || ' ' || identity FROM (
  SELECT 'pg_class'::regclass AS class, oid, 0 AS part FROM pg_class
  UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum FROM pg_attribute
    JOIN pg_class AS r ON r.oid = attrelid
    WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p')
  UNION ALL SELECT 'pg_constraint'::regclass, oid, 0 FROM pg_constraint
  UNION ALL SELECT 'pg_attrdef'::regclass, oid, 0 FROM pg_attrdef
  UNION ALL SELECT 'pg_trigger'::regclass, oid, 0 FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'pg_policy'::regclass, oid, 0 FROM pg_policy
  UNION ALL SELECT 'pg_proc'::regclass, oid, 0 FROM pg_proc
  UNION ALL SELECT 'pg_publication_rel'::regclass, oid, 0 FROM pg_publication_rel
  UNION ALL SELECT 'pg_rewrite'::regclass, oid, 0 FROM pg_rewrite WHERE rulename <> '_RETURN'
) AS t CROSS JOIN LATERAL pg_identify_object(class, oid, part)
WHERE type NOT IN ('toast table', 'composite type', 'domain constraint', 'index column')
  AND coalesce(schema, '') NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


# How PostgreSQL calls each in words, and what drops it.
_FORMS = (
    (r"table constraint (.+) on (.+)", "ALTER TABLE {1} DROP CONSTRAINT {0}"),
    (r"default value for (.+)\.(.+)", "ALTER TABLE {0} ALTER COLUMN {1} DROP DEFAULT"),
    (r"table column (.+)\.(.+)", "ALTER TABLE {0} DROP COLUMN {1}"),
    *((rf"{one} (.+) on (.+)", f"DROP {one.upper()} {{0}} ON {{1}}") for one in OF_TABLE),
    *((f"{one} (.+)", f"DROP {one.upper()} {{0}}") for one in RELATIONS),
    (r"function (.+)\(.*\)", "DROP FUNCTION {0}"),
    (r"publication relation (.+) in publication (.+)", "ALTER PUBLICATION {1} DROP TABLE {0}"),
)


def drops_before(site: Site, statement: str) -> list[str]:
    """Return what is known of a statement before it is executed."""
    session = Session()
    with make_engine(site.url).connect() as session.connection:
        return drops_that_follow(session, statement)


def dropping(identity: str) -> str:
    """Return what drops an object."""
    found = ((re.fullmatch(pattern, identity), form) for pattern, form in _FORMS)
    return next(form.format(*match.groups()) for match, form in found if match)


def belongs(identity: str, gone: set[str]) -> bool:
    """Return whether an object is a part of a table that goes: a column, constraint, default."""
    kind, _, name = identity.partition(" ")
    owner = (
        re.search(r" on (.+)|^column (.+)\.|^value for (.+)\.", name)
        if kind != "function"
        else None
    )
    return owner is not None and f"table {next(filter(None, owner.groups()))}" in gone


@pytest.mark.parametrize(("made", "drop"), EVERY.values(), ids=EVERY.keys())
def test_what_goes_is_what_postgresql_drops(site: Site, made: str, drop: str) -> None:
    site.sql(*TABLES, made)
    before = {row[0] for row in site.rows(_THERE)}
    known = drops_before(site, drop)
    site.sql(drop)
    gone = before - {row[0] for row in site.rows(_THERE)}
    assert sorted(known) == sorted({dropping(one) for one in gone if not belongs(one, gone)})


@pytest.mark.parametrize(
    "statement",
    [
        "DROP FUNCTION f(int)",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t ON DELETE CASCADE",
        "CREATE TABLE s (a int REFERENCES t ON DELETE CASCADE)",
        "DROP TABLE nosuch CASCADE",
        "DROP FUNCTION nosuch(int) CASCADE",
        "DROP ROLE cascade",
        "DROP OWNED BY nosuch CASCADE",
        "TRUNCATE t CASCADE",
        "DROP TABLE CASCADE",
        "DROP TABLE , CASCADE",
    ],
)
def test_others_take_nothing_along(site: Site, statement: str) -> None:
    site.sql(*TABLES, "CREATE INDEX i ON t (f(a))")
    assert drops_before(site, statement) == []


@pytest.mark.parametrize(("made", "drop"), EVERY.values(), ids=EVERY.keys())
def test_the_plan_knows_what_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch, made: str, drop: str
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql(*TABLES, "CREATE TABLE other (a int)", made)
    table = "other" if "TABLE t CASCADE" in drop else "t"
    retype = f"ALTER TABLE {table} ALTER a TYPE bigint"
    site.revise(f"op.execute({drop!r})", f"op.execute({retype!r})")
    assert differences(site) == []


LONG = 'op.create_index("new", "t", ["b"])'


@pytest.mark.parametrize(
    ("made", "drop", "back", "what"),
    [
        (OF_FUNCTION["view of a view"], DROP, "CREATE VIEW w AS SELECT 1 AS x", "w"),
        (*OTHERS["view"], "CREATE VIEW w AS TABLE t", "w"),
        (OF_FUNCTION["default"], DROP, "ALTER TABLE t ALTER b SET DEFAULT 1", "the default of t.b"),
        (OF_FUNCTION["policy"], DROP, "CREATE POLICY p ON t USING (a > 0)", "policy p of t"),
    ],
)
def test_what_goes_with_another_would_be_missing(
    site: Site, made: str, drop: str, back: str, what: str
) -> None:
    """Its statement does not name it: the view of a view was missing for a whole index build."""
    site.sql(*TABLES, made)
    before = site.catalog
    site.revise(f"op.execute({drop!r})", LONG, f"op.execute({back!r})")
    with pytest.raises(UserError, match=f"{what}, which goes and comes back, would be missing"):
        site.upgrade()
    assert (site.catalog, site.version, site.note()) == (before, ["001a"], None)


SAME_NAMES = {
    "trigger": (
        (
            "CREATE TABLE o (a int);"
            " CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            " CREATE TRIGGER k BEFORE UPDATE ON o FOR EACH ROW EXECUTE FUNCTION g()"
        ),
        "DROP TABLE o CASCADE",
        "CREATE TRIGGER k BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g()",
    ),
    "policy": (
        "CREATE TABLE o (a int); CREATE POLICY p ON o",
        "DROP POLICY p ON o",
        "CREATE POLICY p ON t",
    ),
    "rule": (
        "CREATE TABLE o (a int); CREATE RULE r AS ON DELETE TO o DO INSTEAD NOTHING",
        "DROP RULE r ON o",
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
    ),
    "given back in the same text": (
        "CREATE VIEW v AS SELECT f(a) AS x FROM t",
        "DROP FUNCTION f(int) CASCADE; CREATE VIEW v AS SELECT a AS x FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT a AS x, b FROM t",
    ),
    "another function": (
        (
            "CREATE FUNCTION f(text) RETURNS text LANGUAGE sql AS 'SELECT $1';"
            " CREATE VIEW v AS SELECT f(1) AS x"
        ),
        "DROP FUNCTION f(text) CASCADE",
        "CREATE OR REPLACE VIEW v AS SELECT f(1) AS x, 1 AS y",
    ),
}


@pytest.mark.parametrize(("made", "drop", "back"), SAME_NAMES.values(), ids=SAME_NAMES.keys())
def test_what_has_the_same_name_elsewhere_is_not_missed(
    site: Site, made: str, drop: str, back: str
) -> None:
    site.sql(*TABLES, made)
    site.revise(f"op.execute({drop!r})", LONG, f"op.execute({back!r})")
    site.upgrade()
    assert site.version == ["002a"]


def test_what_waits_to_be_sent_is_no_longer_what_the_server_has(site: Site) -> None:
    site.sql(*TABLES, "CREATE VIEW v AS SELECT f(a) AS x FROM t")
    free = "CREATE OR REPLACE VIEW v AS SELECT a AS x FROM t"
    back = "CREATE OR REPLACE VIEW v AS SELECT a AS x, b FROM t"
    before = [f"op.execute({one!r})" for one in (free, DROP)]
    site.revise(*before, LONG, f"op.execute({back!r})")
    site.upgrade()
    assert site.version == ["002a"]


def test_what_goes_for_good_is_not_missed(site: Site) -> None:
    site.sql(*TABLES, OF_FUNCTION["view of a view"])
    site.revise(f"op.execute({DROP!r})", LONG, 'op.execute("CREATE VIEW x AS TABLE t")')
    site.upgrade()
    assert site.version == ["002a"]
