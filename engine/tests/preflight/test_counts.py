"""What preflight counts is what a run then refuses, and nothing of it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.commands import preflight
from alembic_pg.commands.preflight import Asked
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from alembic_pg.preflight.demand import Finding
    from tests.online.site import Site

TABLES = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
    "CREATE DOMAIN nick AS text",
    "CREATE TABLE o (id int PRIMARY KEY, code text)",
    """CREATE TABLE t (id int PRIMARY KEY, a int, b text, c text, m mood, n nick, d int,
    r int4range, f int REFERENCES o, g int GENERATED ALWAYS AS (a * 2) STORED)""",
    "CREATE TABLE p (id int, part int) PARTITION BY LIST (part)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
    "CREATE TABLE pd PARTITION OF p DEFAULT",
    "CREATE TABLE lone (id int, part int)",
)

ROWS = (
    "INSERT INTO o SELECT n, 'c' || n % 3 FROM generate_series(1, 5) AS n",
    """INSERT INTO t SELECT n, n - 4, nullif(n % 3, 0)::text, repeat('x', n),
    (ARRAY['sad', 'ok', 'happy'])[n % 3 + 1]::mood, CASE WHEN n % 4 > 0 THEN 'n' || n END,
    nullif(n % 7, 3), int4range(n, n + 2), n % 5 + 1 FROM generate_series(1, 12) AS n""",
    "INSERT INTO p SELECT n, n % 3 FROM generate_series(1, 9) AS n",
    "INSERT INTO lone SELECT n, n % 2 FROM generate_series(1, 5) AS n",
)

# The statements of a revision, and what is found: kind and object, with how many refuse.
CASES: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {
    "not null": (("ALTER TABLE t ALTER b SET NOT NULL",), {"not null t.b": 4}),
    "not null after a fill": (
        ("UPDATE t SET b = 'x' WHERE b IS NULL", "ALTER TABLE t ALTER b SET NOT NULL"),
        {"not null t.b": 0},
    ),
    "not null after half a fill": (
        ("UPDATE t SET b = 'x' WHERE id < 6", "ALTER TABLE t ALTER b SET NOT NULL"),
        {"not null t.b": 3},
    ),
    "not null after a rename": (
        (
            "ALTER TABLE t RENAME TO s",
            "ALTER TABLE s RENAME b TO bb",
            "UPDATE s AS u SET bb = u.id WHERE u.id < 6",
            "ALTER TABLE s ALTER bb SET NOT NULL",
        ),
        {"not null s.bb": 3, "value s.bb": 0},
    ),
    "check": (("ALTER TABLE t ADD CHECK (a > 0)",), {"check t.t_a_check": 4}),
    "check that fails": (("ALTER TABLE t ADD CONSTRAINT k CHECK (10 / a > 1)",), {"check t.k": 7}),
    "check not valid": (("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",), {}),
    "check validated": (
        (
            "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
            "ALTER TABLE t VALIDATE CONSTRAINT k",
        ),
        {"check t.k": 4},
    ),
    "foreign key": (
        ("ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES o",),
        {"foreign key t.t_d_fkey": 2},
    ),
    "foreign key after a delete": (
        ("DELETE FROM t WHERE d IN (0, 6)", "ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES o"),
        {"foreign key t.t_d_fkey": 0},
    ),
    "foreign key to a new table": (
        ("CREATE TABLE n (id int PRIMARY KEY)", "ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES n"),
        {"foreign key t.t_d_fkey": 10},
    ),
    "rows that others refer to": (("DELETE FROM o WHERE id = 1",), {"foreign key t.t_f_fkey": 2}),
    "rows that go with others": (
        (
            "ALTER TABLE t DROP CONSTRAINT t_f_fkey",
            "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (f) REFERENCES o ON DELETE CASCADE",
            "DELETE FROM o WHERE id = 1",
        ),
        {"foreign key t.k": 0},
    ),
    "unique": (("CREATE UNIQUE INDEX u ON t (d)",), {"unique t.u": 4}),
    "unique with equal nulls": (
        ("ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (d)",),
        {"unique t.u": 5},
    ),
    "unique of an expression": (
        ("CREATE UNIQUE INDEX u ON t (lower(c), (a > 0)) WHERE id < 9",),
        {"unique t.u": 0},
    ),
    "unique where": (("CREATE UNIQUE INDEX u ON t ((a % 2)) WHERE id > 10",), {"unique t.u": 0}),
    "primary key": (
        ("ALTER TABLE lone ADD PRIMARY KEY (part)",),
        {"not null lone.part": 0, "unique lone.lone_pkey": 2},
    ),
    "inline primary key": (
        ("ALTER TABLE lone ADD COLUMN k int PRIMARY KEY DEFAULT 1",),
        {"not null lone.k": 0, "unique lone.lone_pkey": 1},
    ),
    "serial": (
        ("ALTER TABLE lone ADD COLUMN k serial UNIQUE",),
        {"not null lone.k": 0, "unique lone.lone_k_key": 0},
    ),
    "identity": (
        ("ALTER TABLE lone ADD COLUMN k int GENERATED ALWAYS AS IDENTITY PRIMARY KEY",),
        {"not null lone.k": 0, "unique lone.lone_pkey": 0},
    ),
    "uuid": (
        ("ALTER TABLE lone ADD COLUMN k uuid UNIQUE NOT NULL DEFAULT gen_random_uuid()",),
        {"not null lone.k": 0, "unique lone.lone_k_key": 0},
    ),
    "exclusion": (
        ("ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (r WITH &&)",),
        {"exclusion t.e": 12},
    ),
    "new column": (("ALTER TABLE t ADD COLUMN z int NOT NULL",), {"not null t.z": 12}),
    "new column with a check": (
        ("ALTER TABLE t ADD COLUMN z int NOT NULL DEFAULT 0 CHECK (z > 0)",),
        {"not null t.z": 0, "check t.t_z_check": 12},
    ),
    "new generated column": (
        ("ALTER TABLE t ADD COLUMN z int GENERATED ALWAYS AS (10 / a) STORED",),
        {"value t.z": 1},
    ),
    "shorter": (("ALTER TABLE t ALTER c TYPE varchar(8)",), {"type t.c": 4}),
    "shorter bits": (
        ("ALTER TABLE t ADD COLUMN z bit(4) DEFAULT B'1010'", "ALTER TABLE t ALTER z TYPE bit(3)"),
        {"type t.z": 12},
    ),
    "smaller": (
        ("UPDATE t SET d = d * 10000", "ALTER TABLE t ALTER d TYPE smallint"),
        {"value t.d": 0, "type t.d": 5},
    ),
    "using": (("ALTER TABLE t ALTER c TYPE int USING c::int",), {"type t.c": 12}),
    "type after which nothing is unique": (
        ("ALTER TABLE t ALTER id TYPE int USING id / 2",),
        {"type t.id": 0, "not null t.id": 0, "unique t.t_pkey": 5},
    ),
    "enum value": (
        (
            "ALTER TYPE mood RENAME TO old_mood",
            "CREATE TYPE mood AS ENUM ('sad', 'happy')",
            "ALTER TABLE t ALTER m TYPE mood USING m::text::mood",
            "DROP TYPE old_mood",
        ),
        {"enum value t.m": 4},
    ),
    "enum value that is replaced": (
        (
            "UPDATE t SET m = 'sad' WHERE m = 'ok'",
            "ALTER TYPE mood RENAME TO old_mood",
            "CREATE TYPE mood AS ENUM ('sad', 'happy')",
            "ALTER TABLE t ALTER m TYPE mood USING m::text::mood",
            "DROP TYPE old_mood",
        ),
        {"enum value t.m": 0},
    ),
    "enum value of a CASE": (
        (
            "CREATE TYPE two AS ENUM ('a', 'b')",
            """ALTER TABLE t ALTER m TYPE two
            USING (CASE WHEN m = 'ok' THEN 'a' ELSE m::text END)::two""",
        ),
        {"enum value t.m": 8},
    ),
    "domain": (("ALTER DOMAIN nick ADD CONSTRAINT k CHECK (length(VALUE) < 3)",), {"check t.n": 2}),
    "backfill that fails": (
        ("ALTER TABLE t ADD COLUMN z int", "UPDATE t SET z = 10 / a WHERE z IS NULL"),
        {"value t.z": 1},
    ),
    "backfill from another table": (
        (
            "ALTER TABLE t ADD COLUMN z text",
            "UPDATE t SET z = o.code FROM o WHERE o.id = t.d",
            "ALTER TABLE t ALTER z SET NOT NULL",
        ),
        {"not null t.z": 4},
    ),
    "generated after an update": (
        ("UPDATE t SET a = 1 WHERE a < 1", "ALTER TABLE t ADD CHECK (g > 2)"),
        {"check t.t_g_check": 5},
    ),
    "partition": (("CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)",), {"bound pd": 3}),
    "attached": (
        ("DROP TABLE p1", "ALTER TABLE p ATTACH PARTITION lone FOR VALUES IN (1)"),
        {"bound lone": 2, "bound pd": 0},
    ),
    "check of a partitioned table": (
        ("ALTER TABLE p ADD CHECK (id < 8)",),
        {"check p.p_id_check": 2},
    ),
    "a small thing": (("CREATE INDEX ON t (a)", "COMMENT ON TABLE t IS 'x'"), {}),
}


# Of PostgreSQL 18.
NEWER: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {
    "check not enforced": (("ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED",), {}),
    "not null not valid": (("ALTER TABLE t ADD CONSTRAINT k NOT NULL b NOT VALID",), {}),
    "not null validated": (
        (
            "ALTER TABLE t ADD CONSTRAINT k NOT NULL b NOT VALID",
            "ALTER TABLE t VALIDATE CONSTRAINT k",
        ),
        {"not null t.b": 4},
    ),
    "without overlaps": (
        (
            "CREATE EXTENSION btree_gist",
            "ALTER TABLE t ADD CONSTRAINT k UNIQUE (f, r WITHOUT OVERLAPS)",
        ),
        {"exclusion t.k": 0},
    ),
    "overlapping": (
        (
            "CREATE EXTENSION btree_gist",
            "UPDATE t SET f = 1",
            "ALTER TABLE t ADD CONSTRAINT k UNIQUE (f, r WITHOUT OVERLAPS)",
        ),
        {"foreign key t.t_f_fkey": 0, "exclusion t.k": 12},
    ),
    "virtual": (
        (
            "ALTER TABLE t ADD COLUMN z int GENERATED ALWAYS AS (a * 3) VIRTUAL",
            "ALTER TABLE t ADD CHECK (z > 3)",
        ),
        {"value t.z": 0, "check t.t_z_check": 5},
    ),
}


def look(site: Site, **asked: float | bool) -> list[Finding]:
    """Return what is found of the last revision."""
    result = preflight.look(site.config(), asked=Asked(**asked))  # type: ignore[arg-type]  # as Asked has them
    assert not result.no_plan
    return list(result.revisions[-1].findings)


def begin(site: Site, *extra: str) -> None:
    """Let the first revision make the tables, and fill them."""
    lines = [f"op.execute({statement!r})" for statement in (*TABLES, *extra)]
    site.again(*lines)
    site.sql(*TABLES, *extra, *ROWS)


@pytest.mark.parametrize("name", [*CASES, *NEWER])
def test_counts(site: Site, name: str) -> None:
    statements, expected = (CASES | NEWER)[name]
    if name in NEWER and site.one("SHOW server_version_num") < "180000":
        pytest.skip("of PostgreSQL 18")
    begin(site)
    before = site.catalog
    site.revise(*(f"op.execute({statement!r})" for statement in statements))
    found = look(site)
    assert site.catalog == before
    assert not [one.why for one in found if one.why]
    assert {f"{one.kind} {one.object}": one.count for one in found} == expected
    refused = any(expected.values())
    if refused:
        with pytest.raises(UserError):
            site.upgrade(online="off")
    else:
        site.upgrade(online="off")


def test_a_row_may_refer_to_one_that_an_older_revision_wrote(site: Site) -> None:
    """The copy lacks it: whether the target has it, no empty copy can say."""
    begin(site, "INSERT INTO o VALUES (7)")
    site.revise(
        "op.execute(\"INSERT INTO t (id, b, f) VALUES (70, 'x', 7)\")",
        'op.execute("ALTER TABLE t ALTER b SET NOT NULL")',
    )
    found = look(site)
    assert [(one.kind, one.object, one.count) for one in found] == [("not null", "t.b", 4)]


def test_odd_names(site: Site) -> None:
    table = (
        'CREATE TABLE "Ü %(x)s: {b}" ("a \'b\'" int PRIMARY KEY, "select" text,'
        ' "%s" int GENERATED ALWAYS AS ("a \'b\'" + 1) STORED)'
    )
    rows = """INSERT INTO "Ü %(x)s: {b}" VALUES (1, 'x'), (2, ':y'), (3, NULL)"""
    begin(site, table)
    site.sql(rows.replace(":", "\\:"))
    site.revise(
        """run('UPDATE %s SET "select" = $$%%$$ WHERE "select" IS NULL')""",
        """run('ALTER TABLE %s ALTER "select" SET NOT NULL')""",
        """run('ALTER TABLE %s ADD CONSTRAINT "c: {}" CHECK ("%%s" > 2)')""",
        """run('CREATE UNIQUE INDEX "u %%" ON %s (length("select"))')""",
        top="""
def run(sql):
    op.execute((sql % '"Ü %(x)s: {b}"').replace(":", chr(92) + ":"))
""",
    )
    found = look(site)
    assert not [one.why for one in found if one.why]
    assert {one.kind: one.count for one in found} == {"not null": 0, "check": 1, "unique": 1}
    assert found[1].example == "a 'b' 1"


def test_what_is_asked_of_the_same_rows_is_one_question(site: Site) -> None:
    begin(site)
    site.revise(
        'op.execute("ALTER TABLE t ALTER b SET NOT NULL")',
        'op.execute("ALTER TABLE t ADD CHECK (a > 0), ADD CONSTRAINT k CHECK (id < 99)")',
        'op.execute("ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES o")',
        'op.execute("ALTER TABLE t ADD COLUMN z int NOT NULL")',
    )
    found = {one.object: one for one in look(site)}
    assert {name: (one.count, one.together, one.number) for name, one in found.items()} == {
        "t.b": (4, 3, 0),
        "t.t_a_check": (4, 3, 1),
        "t.k": (0, 3, 1),
        "t.t_d_fkey": (2, 1, 2),
        "t.z": (12, 1, 3),
    }
    assert (found["t.b"].example, found["t.t_a_check"].example) == ("id 3", "id 1")
    # One that fails for a row is asked by itself, and so are the others.
    site.again(
        'op.execute("ALTER TABLE t ALTER b SET NOT NULL")',
        'op.execute("ALTER TABLE t ADD CONSTRAINT k CHECK (10 / a > 1)")',
    )
    assert [(one.count, one.together) for one in look(site)] == [(4, 1), (7, 1)]


def test_foreign_key_with_period(site: Site) -> None:
    """What a row covers must be covered by rows of the other table, by several together maybe."""
    site.needs(18)
    begin(
        site,
        "CREATE EXTENSION btree_gist",
        "CREATE TABLE s (id int, at int4range, PRIMARY KEY (id, at WITHOUT OVERLAPS))",
        "INSERT INTO s SELECT n % 4, int4range(n, n + 1) FROM generate_series(1, 9) AS n",
        "INSERT INTO s VALUES (3, '[4,7)')",
        "ALTER TABLE t ADD who int",
    )
    site.sql("UPDATE t SET who = id % 4 WHERE id < 11", "UPDATE t SET r = 'empty' WHERE id = 1")
    add = "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (who, PERIOD r) REFERENCES s"
    site.revise(f"op.execute({add!r})")
    (found,) = look(site)
    others = "DELETE FROM t WHERE id <> {}"
    refused = [f"id {n}" for n in range(1, 13) if is_refused(site, others.format(n), add)]
    assert (found.kind, found.object, found.count) == ("foreign key", "t.k", len(refused))
    assert 0 < len(refused) < 10
    assert found.example in refused


def is_refused(site: Site, *statements: str) -> bool:
    """Return whether PostgreSQL refuses the last of some statements, of which none is kept."""
    with make_engine(site.url).connect() as connection, connection.begin() as transaction:
        try:
            for statement in statements:
                connection.exec_driver_sql(statement)
        except DBAPIError:
            return True
        finally:
            transaction.rollback()
    return False
