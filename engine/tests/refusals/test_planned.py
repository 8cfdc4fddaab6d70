"""Each refusal that a run can raise before its steps is in the plan, of the same statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.refusals import of_batches, of_statements
from alembic_pg.refusals.refusal import Basis
from tests.online.upgrading_role import upgrading_role
from tests.plan.observed import ONLY_IN_RUN, plan_of, run_of

if TYPE_CHECKING:
    from alembic_pg.refusals.refusal import RefusalKind
    from tests.online.site import Site

TABLES = (
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    "CREATE TABLE t (id int PRIMARY KEY, a int, b text, h positive)",
    "INSERT INTO t SELECT n, n, 'x', n FROM generate_series(1, 100) AS n",
    "CREATE VIEW v AS SELECT id FROM t",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM t",
    "CREATE TABLE p (id int, b text, w varchar(9) CHECK (w <> '')) PARTITION BY RANGE (id)",
    "CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (1000)",
    "INSERT INTO p SELECT n, 'x', 'y' FROM generate_series(1, 100) AS n",
)
FOREIGN = (
    "CREATE FOREIGN DATA WRAPPER w",
    "CREATE SERVER far FOREIGN DATA WRAPPER w",
    "CREATE FOREIGN TABLE there PARTITION OF p FOR VALUES FROM (1000) TO (2000) SERVER far",
)
BIG = (
    "CREATE TABLE big (id int PRIMARY KEY, a int)",
    "INSERT INTO big SELECT n, n FROM generate_series(1, 20000) AS n",
    "ANALYZE big",
)
OTHER = "CREATE TABLE n (LIKE p); INSERT INTO n SELECT 2000 + n FROM generate_series(1, 9) AS n"

# By kind: what is there beside the tables, and the statements of the revision.
CASES: dict[RefusalKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    of_statements.SINGLE_TRANSACTION: (
        (),
        ("CREATE TEMP TABLE x (a int)", "CREATE INDEX i ON t (a)"),
    ),
    of_statements.ALTER_ONLY: (
        (),
        ("ALTER TABLE ONLY p ADD COLUMN z uuid DEFAULT gen_random_uuid()",),
    ),
    of_statements.UNNAMED_CONSTRAINT: ((), ("ALTER TABLE t ADD UNIQUE (a) INCLUDE (b)",)),
    of_statements.DROPPED_CONSTRAINT: (
        ("ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)",),
        (
            "ALTER TABLE t DROP CONSTRAINT k, ADD COLUMN z int",
            "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a, z)",
        ),
    ),
    of_statements.OTHER_CONSTRAINT: (
        (),
        ("ALTER TABLE t ADD CONSTRAINT k EXCLUDE USING btree (a WITH =)",),
    ),
    of_statements.TYPE_WITHOUT_SWAP: ((), ("ALTER TABLE p ALTER b TYPE int USING length(b)",)),
    of_statements.TYPE_RENAMED: (
        ("CREATE TYPE mood AS ENUM ('x')", "ALTER TABLE t ALTER b TYPE mood USING b::mood"),
        (
            "ALTER TYPE mood RENAME TO mood_old",
            "CREATE TYPE public.mood AS ENUM ('y', 'x')",
            "ALTER TABLE t ALTER b TYPE mood USING b::text::mood",
        ),
    ),
    of_statements.TYPE_WITH_CHECKS: ((), ("ALTER TABLE p ALTER w TYPE varchar(20)",)),
    of_statements.TYPE_UNKNOWN: (
        (),
        ("ALTER TABLE t ALTER a TYPE bigint USING public.t.a::bigint",),
    ),
    of_statements.COLUMN_DEFINITION: (
        (),
        ("ALTER TABLE t ADD COLUMN z float DEFAULT random() CHECK (z >= 0)",),
    ),
    of_statements.COLUMN_UNKNOWN: ((), ("ALTER TABLE t ADD COLUMN z nowhere.is",)),
    of_statements.COLUMN_GENERATED: (
        (),
        ("ALTER TABLE t ADD COLUMN z int GENERATED ALWAYS AS (id) STORED",),
    ),
    of_statements.COLUMN_WITHOUT_BATCHES: (
        ("CREATE RULE r AS ON UPDATE TO t DO ALSO NOTHING",),
        ("ALTER TABLE t ADD COLUMN z float DEFAULT random()",),
    ),
    of_statements.VALIDATE_BESIDE: (
        ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",),
        ("ALTER TABLE t VALIDATE CONSTRAINT k, ALTER b SET DEFAULT 'y'",),
    ),
    of_statements.KEY_FROM_INDEX: (
        ("ALTER TABLE t DROP CONSTRAINT t_pkey", "CREATE UNIQUE INDEX i ON t (a)"),
        ("ALTER TABLE t ADD PRIMARY KEY USING INDEX i",),
    ),
    of_statements.NAMED_NOT_NULL: ((), ("ALTER TABLE t ADD CONSTRAINT n NOT NULL b",)),
    of_statements.OTHER_ALTER: ((), ("ALTER TABLE t SET UNLOGGED",)),
    of_statements.MISSING_OBJECT: (
        (),
        ("DROP VIEW v", "CREATE INDEX i ON t (a)", "CREATE VIEW v AS SELECT id FROM t"),
    ),
    of_statements.NESTED: ((), ("ALTER TABLE t ADD z int; CREATE INDEX i ON t (a)",)),
    of_statements.REFRESH: ((), ("REFRESH MATERIALIZED VIEW m",)),
    of_statements.REINDEX: ((), ("REINDEX TABLE t",)),
    of_statements.REWRITE: ((), ("CLUSTER t USING t_pkey",)),
    of_statements.INDEX_ON_ONLY: ((), ("CREATE INDEX i ON ONLY t (a)",)),
    of_statements.UNNAMED_INDEX: ((), ("CREATE INDEX ON t (a)",)),
    of_statements.FOREIGN_PARTITION: (FOREIGN, ("CREATE INDEX i ON p (b)",)),
    of_statements.ALTER_DOMAIN: ((), ("ALTER DOMAIN positive ADD CHECK (VALUE < 1000)",)),
    of_statements.MANY_ROWS: (
        BIG,
        ("INSERT INTO big SELECT * FROM big ON CONFLICT (id) DO UPDATE SET a = 1",),
    ),
    of_statements.NOT_IN_BATCHES: (BIG, ("UPDATE big SET a = 1",)),
    of_statements.ATTACH_WITHOUT_PARTS: (
        ("CREATE INDEX i ON p (b)", *OTHER.split("; ")),
        ("ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (2000) TO (3000)",),
    ),
    of_batches.BATCHES_OF_OTHER: ((), ("-- batches\nINSERT INTO t VALUES (0)",)),
    of_batches.BATCHES_WITHOUT_WHERE: ((), ("-- batches\nUPDATE t SET a = 1",)),
    of_batches.BATCHES_OF_PARTITION_KEY: (
        (),
        ("-- batches\nUPDATE p SET id = id + 1 WHERE id < 9",),
    ),
}

# The versions of PostgreSQL that know what they refuse.
SINCE = {of_statements.NAMED_NOT_NULL: 18}

# For a role of its own: what is there, and the statements.
OF_ROLES: dict[RefusalKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    of_statements.NO_JOURNAL: (
        ("ALTER TABLE alembic_version OWNER TO CURRENT_USER",),
        ("CREATE INDEX i ON t (a)",),
    ),
    of_statements.COPY_FORBIDDEN: (
        (
            (
                "CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION 'not here'; END $$"
            ),
            "CREATE EVENT TRIGGER guard ON table_rewrite EXECUTE FUNCTION guard()",
        ),
        ("ALTER TABLE t ALTER a TYPE bigint",),
    ),
    of_batches.ROW_SECURITY: (
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "ALTER TABLE t FORCE ROW LEVEL SECURITY"),
        ("ALTER TABLE t ADD COLUMN z float DEFAULT random()",),
    ),
    of_batches.FIRES_TRIGGER: (
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER seen BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        ),
        ("ALTER TABLE t ADD COLUMN z float DEFAULT random()",),
    ),
}

# PostgreSQL 18 has no such limit; no bound is known that it does not believe of a CHECK.
NOT_TRIED = {of_statements.PARTITIONED_FOREIGN_KEY, of_statements.UNPROVED_PARTITION}


def test_each_kind_is_tried_or_known_to_the_run_only() -> None:
    tried = {*CASES, *OF_ROLES}
    left = {*of_statements.ALL, *of_batches.ALL} - tried - NOT_TRIED
    assert {kind.name for kind in left} == {
        kind.name
        for kind in (*of_statements.ALL, *of_batches.ALL)
        if kind.basis in {Basis.ROWS, Basis.MEANWHILE, Basis.ASKED}
    }
    assert not any(kind.basis in ONLY_IN_RUN for kind in tried)


def line(sql: str) -> str:
    """Return the line of a revision that executes a statement."""
    batches = ', execution_options={"batches": True}' if sql.startswith("-- batches") else ""
    return f"op.execute({sql.removeprefix('-- batches' + chr(10))!r}{batches})"


def expect_both(site: Site, kind: RefusalKind, statements: tuple[str, ...]) -> None:
    """Expect that the plan and the run refuse the same, and that nothing is left."""
    site.revise(*map(line, statements))
    before = site.catalog
    planned = [text for plan in plan_of(site) for text in plan.refusals]
    refused = run_of(site).refusal
    assert refused is not None
    assert refused.refusal.kind is kind
    assert refused.text in planned
    assert (site.catalog, site.note()) == (before, None)


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.name)
def test_plan_and_run_refuse(site: Site, kind: RefusalKind) -> None:
    site.needs(SINCE.get(kind, 0))
    setup, statements = CASES[kind]
    site.sql(*TABLES, *setup)
    expect_both(site, kind, statements)


@pytest.mark.parametrize("kind", OF_ROLES, ids=lambda kind: kind.name)
def test_plan_and_run_refuse_to_a_role(site: Site, kind: RefusalKind) -> None:
    setup, statements = OF_ROLES[kind]
    site.sql(*TABLES)
    on_tables = "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
    with upgrading_role(site, "t", rights=(*setup, on_tables)):
        expect_both(site, kind, statements)
