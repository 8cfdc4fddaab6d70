"""The matrix of what stands around tables: rights, rules, triggers, publications, schemas."""

from __future__ import annotations

from tests.matrix.case import Case
from tests.matrix.sources import ROWS, TABLE, TRIGGER_FUNCTION, after, before

CASES = [
    Case(
        "publication",
        "of a schema",
        'table(Column("a", Integer), schema="one")\n',
        'table(Column("a", Integer), schema="one")\n'
        + after("CREATE PUBLICATION pub FOR TABLES IN SCHEMA one"),
    ),
    Case(
        "publication",
        "columns and filter",
        TABLE + after("CREATE PUBLICATION pub FOR TABLE t"),
        TABLE + after("CREATE PUBLICATION pub FOR TABLE t (id) WHERE (id > 5)"),
    ),
    Case(
        "publication",
        "all tables to one",
        TABLE + after("CREATE PUBLICATION pub FOR ALL TABLES"),
        TABLE + after("CREATE PUBLICATION pub FOR TABLE t WITH (publish_via_partition_root)"),
    ),
    Case(
        "statistics",
        "kinds",
        'table(Column("a", Integer), Column("b", Integer))\n'
        + after("CREATE STATISTICS st (ndistinct) ON a, b FROM t"),
        'table(Column("a", Integer), Column("b", Integer))\n'
        + after("CREATE STATISTICS st (mcv, dependencies) ON a, b FROM t"),
    ),
    Case(
        "statistics",
        "of a dropped column",
        'table(Column("a", Integer), Column("b", Integer), Column("c", Integer))\n'
        + after("CREATE STATISTICS st ON a, b FROM t"),
        'table(Column("a", Integer), Column("c", Integer))\n'
        + after("CREATE STATISTICS st ON a, c FROM t"),
        rows="INSERT INTO t (id) VALUES (1)",
    ),
    Case(
        "default privileges",
        "of every kind",
        "",
        before("CREATE SCHEMA IF NOT EXISTS one")
        + after(
            "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO pg_monitor",
            "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO pg_monitor WITH GRANT OPTION",
            "ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA one GRANT EXECUTE ON FUNCTIONS TO pg_monitor",
        ),
    ),
    Case(
        "default privileges",
        "owner's own revoked",
        "",
        after("ALTER DEFAULT PRIVILEGES REVOKE INSERT ON TABLES FROM CURRENT_USER"),
    ),
    Case(
        "grant",
        "of the owner revoked",
        TABLE,
        TABLE + after("REVOKE INSERT ON t FROM CURRENT_USER", "GRANT SELECT ON t TO pg_monitor"),
    ),
    Case(
        "grant",
        "kept on a table that is renamed",
        TABLE + after("GRANT SELECT ON t TO pg_monitor", "GRANT UPDATE (a) ON t TO pg_monitor"),
        'table(Column("a", Integer), name="u", info={"renamed_from": "t"})\n'
        + after("GRANT SELECT ON u TO pg_monitor", "GRANT UPDATE (a) ON u TO pg_monitor"),
    ),
    Case(
        "grant",
        "on a view, a domain and a procedure",
        TABLE
        + before("CREATE DOMAIN d AS int", "CREATE PROCEDURE p() LANGUAGE sql AS ''")
        + after("CREATE VIEW v AS SELECT 1 AS x"),
        TABLE
        + before("CREATE DOMAIN d AS int", "CREATE PROCEDURE p() LANGUAGE sql AS ''")
        + after(
            "CREATE VIEW v AS SELECT 1 AS x",
            "GRANT ALL ON v TO pg_monitor",
            "GRANT USAGE ON TYPE d TO pg_monitor",
            "REVOKE EXECUTE ON PROCEDURE p() FROM PUBLIC",
        ),
    ),
    Case(
        "grant",
        "entity on a column, changed",
        TABLE + 'g = PGGrantTable("public", "t", "pg_monitor", "UPDATE", ["id", "a"])',
        TABLE
        + 'g = PGGrantTable("public", "t", "pg_monitor", "UPDATE", ["a"], with_grant_option=True)',
    ),
    Case(
        "policy",
        "of a dropped column",
        'table(Column("a", Integer), Column("b", Integer))\n'
        + after("CREATE POLICY p ON t USING (b > 0)"),
        TABLE + after("CREATE POLICY p ON t USING (a > 0)"),
        rows=ROWS,
    ),
    Case(
        "policy",
        "subquery on another table",
        TABLE
        + 'Table("u", m, Column("x", Integer))\n'
        + after("CREATE POLICY p ON t USING (a IN (SELECT x FROM u))"),
        TABLE
        + 'Table("u", m, Column("x", BigInteger))\n'
        + after("CREATE POLICY p ON t USING (a IN (SELECT x FROM u))"),
        rows=ROWS,
    ),
    Case(
        "policy",
        "renamed",
        TABLE + after("CREATE POLICY p ON t"),
        TABLE + after('CREATE POLICY "P q" ON t'),
    ),
    Case(
        "rule",
        "of a dropped column",
        'table(Column("a", Integer), Column("b", Integer))\n'
        + after("CREATE RULE r AS ON UPDATE TO t WHERE old.b > 0 DO INSTEAD NOTHING"),
        TABLE,
        rows=ROWS,
    ),
    Case(
        "rule",
        "ALWAYS",
        TABLE + after("CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING"),
        TABLE
        + after(
            "CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING",
            "ALTER TABLE t ENABLE ALWAYS RULE r",
        ),
    ),
    Case(
        "trigger",
        "of a dropped column",
        'table(Column("a", Integer), Column("b", Integer))\n'
        + TRIGGER_FUNCTION
        + after(
            "CREATE TRIGGER tr AFTER UPDATE OF b ON t FOR EACH ROW WHEN (new.b > 0) EXECUTE FUNCTION tf()"
        ),
        TABLE
        + TRIGGER_FUNCTION
        + after(
            "CREATE TRIGGER tr AFTER UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 0) EXECUTE FUNCTION tf()"
        ),
        rows=ROWS,
    ),
    Case(
        "trigger",
        "of a partition disabled",
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\n'
        + TRIGGER_FUNCTION
        + after(
            "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
            "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
        ),
        'Table("t", m, Column("a", Integer), postgresql_partition_by="RANGE (a)")\n'
        + TRIGGER_FUNCTION
        + after(
            "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
            "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
            "ALTER TABLE p1 DISABLE TRIGGER tr",
        ),
    ),
    Case(
        "event trigger",
        "function changed",
        before("CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS $$ begin end $$")
        + after("CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef()"),
        before(
            "CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS $$ begin null; end $$",
            "CREATE FUNCTION eg() RETURNS event_trigger LANGUAGE plpgsql AS $$ begin end $$",
        )
        + after("CREATE EVENT TRIGGER et ON sql_drop EXECUTE FUNCTION eg()"),
    ),
    Case(
        "extension",
        "with what depends on it",
        TABLE,
        before("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        + 'table(Column("a", Integer), Column("b", Text))\n'
        + after(
            "CREATE VIEW v AS SELECT similarity(b, 'x') AS s FROM t",
            "CREATE INDEX i ON t USING gist (b gist_trgm_ops (siglen=32))",
        ),
        rows=ROWS,
    ),
    Case(
        "extension",
        "text to citext",
        'e = PGExtension("public", "citext")\ntable(Column("b", Text, unique=True))',
        'e = PGExtension("public", "citext")\ntable(Column("b", CITEXT, unique=True))',
        rows="INSERT INTO t VALUES (1, 'x')",
    ),
    Case(
        "collation",
        "of another schema",
        'table(Column("b", Text), schema="one")',
        before(
            "CREATE SCHEMA IF NOT EXISTS one",
            "CREATE COLLATION one.\"My C\" (provider = libc, locale = 'C')",
        )
        + 'table(Column("b", Text), schema="one")\n'
        + after('ALTER TABLE one.t ALTER b TYPE text COLLATE one."My C"'),
        rows="INSERT INTO one.t VALUES (1, 'x')",
    ),
    Case(
        "schema",
        "renamed with all in it",
        'table(Column("a", Enum("x", name="mood", schema="one")), schema="one")\nv = PGView("one", "v", "select a from one.t")\n',
        'table(Column("a", Enum("x", name="mood", schema="two")), schema="two")\nv = PGView("two", "v", "select a from two.t")\n',
    ),
    Case(
        "schema",
        "default privileges, grant and comment dropped with it",
        before(
            "CREATE SCHEMA IF NOT EXISTS one",
            "COMMENT ON SCHEMA one IS 'x'",
            "GRANT USAGE ON SCHEMA one TO PUBLIC",
        )
        + 'table(schema="one")\n'
        + after("ALTER DEFAULT PRIVILEGES IN SCHEMA one GRANT SELECT ON TABLES TO PUBLIC"),
        "table()",
    ),
]
