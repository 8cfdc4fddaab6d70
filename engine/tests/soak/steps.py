"""Name what the revisions of a soak round do: a step for each way in which a run works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A part of a revision.

    up and down: lines of its two functions; without a way down, down is empty.
    check: a query that finds how many rows the step has left as they must not be.
    never_with: steps with which PostgreSQL itself could not do it.
    """

    up: tuple[str, ...]
    down: tuple[str, ...] = ()
    check: str = "SELECT 0"
    never_with: tuple[str, ...] = ()


def _sql(*statements: str) -> tuple[str, ...]:
    return tuple(f"op.execute({statement!r})" for statement in statements)


def _retype(table: str, column: str, kind: str, old: str) -> str:
    return f'op.alter_column("{table}", "{column}", existing_type={old}, type_={kind})'


def _nullable(table: str, column: str) -> str:
    return f'op.alter_column("{table}", "{column}", nullable=True)'


def _not_null(table: str, column: str) -> str:
    return f'op.alter_column("{table}", "{column}", nullable=False)'


STEPS = {
    "index": Step(
        ('op.create_index("t_code_idx", "t", ["code"])',),
        ('op.drop_index("t_code_idx", "t")',),
    ),
    "unique index": Step(
        ('op.create_index("t_code_uidx", "t", ["code"], unique=True)',),
        ('op.drop_index("t_code_uidx", "t")',),
    ),
    "changed index": Step(
        (
            'op.drop_index("t_amount_idx", "t")',
            'op.create_index("t_amount_idx", "t", ["amount", "id"])',
        ),
        (
            'op.drop_index("t_amount_idx", "t")',
            'op.create_index("t_amount_idx", "t", ["amount"])',
        ),
    ),
    "another index, later": Step(
        (
            'op.drop_index("t_amount_idx", "t")',
            *_sql("COMMENT ON TABLE t IS 'indexed'"),
            'op.create_index("t_code_amount_idx", "t", ["code", "amount"], unique=True)',
        ),
        (
            'op.drop_index("t_code_amount_idx", "t")',
            *_sql("COMMENT ON TABLE t IS NULL"),
            'op.create_index("t_amount_idx", "t", ["amount"])',
        ),
        never_with=("changed index", "maintenance"),
    ),
    "index of parts": Step(
        ('op.create_index("parts_amount_idx", "parts", ["amount"])',),
        ('op.drop_index("parts_amount_idx", "parts")',),
    ),
    "unique": Step(
        ('op.create_unique_constraint("t_code_key", "t", ["code"])',),
        ('op.drop_constraint("t_code_key", "t")',),
    ),
    "foreign key": Step(
        ('op.create_foreign_key("t_parent_fkey", "t", "parents", ["parent"], ["id"])',),
        ('op.drop_constraint("t_parent_fkey", "t")',),
    ),
    "foreign key back": Step(
        ('op.create_foreign_key("parents_best_fkey", "parents", "t", ["best"], ["id"])',),
        ('op.drop_constraint("parents_best_fkey", "parents")',),
    ),
    "CHECK": Step(
        ('op.create_check_constraint("t_amount_check", "t", "amount >= 0")',),
        ('op.drop_constraint("t_amount_check", "t")',),
    ),
    "CHECK without a name": Step(
        _sql("ALTER TABLE t ADD CHECK (id > 0)"),
        _sql("ALTER TABLE t DROP CONSTRAINT t_id_check"),
    ),
    "NOT NULL": Step(
        (_not_null("t", "maybe"),),
        (_nullable("t", "maybe"),),
    ),
    "fill": Step(
        (
            *_sql("UPDATE t SET filled = id % 7 WHERE filled IS NULL"),
            _not_null("t", "filled"),
        ),
        (_nullable("t", "filled"),),
        "SELECT count(*) FROM t WHERE filled IS DISTINCT FROM id % 7",
    ),
    "fill of parts": Step(
        (
            *_sql("UPDATE parts SET filled = abs(id) % 7 WHERE filled IS NULL"),
            _not_null("parts", "filled"),
        ),
        (_nullable("parts", "filled"),),
        "SELECT count(*) FROM parts WHERE filled IS DISTINCT FROM abs(id) % 7",
    ),
    "batches of parts": Step(
        (
            (
                'op.execute("UPDATE parts SET extra = extra + 1000 WHERE extra < 1000",'
                ' execution_options={"batches": True})'
            ),
        ),
        check="SELECT count(*) FROM parts WHERE extra < 1000",
    ),
    "volatile default": Step(
        (
            (
                'op.add_column("t", sa.Column("token", sa.Uuid, nullable=False,'
                ' server_default=sa.text("gen_random_uuid()")))'
            ),
        ),
        ('op.drop_column("t", "token")',),
        "SELECT count(*) - count(DISTINCT token) FROM t",
    ),
    "identity": Step(
        (
            (
                'op.add_column("children", sa.Column("number", sa.BigInteger, sa.Identity(),'
                " nullable=False))"
            ),
        ),
        ('op.drop_column("children", "number")',),
        "SELECT count(*) - count(DISTINCT number) FROM children",
    ),
    "type with an index": Step(
        (_retype("t", "amount", "sa.BigInteger()", "sa.Integer()"),),
        (_retype("t", "amount", "sa.Integer()", "sa.BigInteger()"),),
    ),
    "type of wide rows": Step(
        (_retype("t", "wide", "sa.String(30000)", "sa.Text()"),),
        (_retype("t", "wide", "sa.Text()", "sa.String(30000)"),),
    ),
    "type without a rewrite": Step(
        (_retype("t", "title", "sa.Text()", "sa.String(50)"),),
        (_retype("t", "title", "sa.String(50)", "sa.Text()"),),
    ),
    "type under a view": Step(
        _sql(
            "DROP VIEW stamps",
            "ALTER TABLE t ALTER stamp TYPE timestamptz USING stamp AT TIME ZONE 'UTC'",
            "CREATE VIEW stamps AS SELECT stamp FROM t",
        ),
        _sql(
            "DROP VIEW stamps",
            "ALTER TABLE t ALTER stamp TYPE timestamp USING stamp AT TIME ZONE 'UTC'",
            "CREATE VIEW stamps AS SELECT stamp FROM t",
        ),
    ),
    "key to bigint": Step(
        (
            _retype("t", "id", "sa.BigInteger()", "sa.Integer()"),
            _retype("children", "t_id", "sa.BigInteger()", "sa.Integer()"),
        ),
        (
            _retype("children", "t_id", "sa.Integer()", "sa.BigInteger()"),
            _retype("t", "id", "sa.Integer()", "sa.BigInteger()"),
        ),
    ),
    "enum value": Step(_sql("ALTER TYPE mood ADD VALUE 'so' BEFORE 'glad'")),
    "attach": Step(
        _sql("ALTER TABLE parts ATTACH PARTITION parts_9 FOR VALUES IN (9)"),
        _sql("ALTER TABLE parts DETACH PARTITION parts_9 CONCURRENTLY"),
        # of which parts_9 has nothing
        never_with=("columns", "fill of parts"),
    ),
    "maintenance": Step(
        _sql("REINDEX INDEX CONCURRENTLY t_amount_idx"),
        _sql("REINDEX TABLE CONCURRENTLY children"),
    ),
    "columns": Step(
        (
            'op.add_column("t", sa.Column("n", sa.Integer, server_default="5"))',
            'op.add_column("parts", sa.Column("n", sa.Integer))',
            'op.add_column("children", sa.Column("n", sa.Integer))',
        ),
        tuple(f'op.drop_column("{table}", "n")' for table in ("children", "parts", "t")),
    ),
    "statements in one text": Step(
        _sql("ALTER TABLE t ADD COLUMN m int; ALTER TABLE parents ADD COLUMN m int"),
        _sql("ALTER TABLE parents DROP COLUMN m; ALTER TABLE t DROP COLUMN m"),
    ),
    "row": Step(
        _sql("INSERT INTO audit VALUES ('row')", "UPDATE account SET balance = balance + 10"),
        _sql("UPDATE account SET balance = balance - 10", "DELETE FROM audit WHERE what = 'row'"),
    ),
    "committed row": Step(
        (*_sql("INSERT INTO audit VALUES ('committed')"), "op.get_bind().commit()"),
        _sql("DELETE FROM audit WHERE what = 'committed'"),
    ),
    "row in a block": Step(
        (
            "with op.get_context().autocommit_block():",
            """    op.execute("INSERT INTO audit VALUES ('block')")""",
        ),
        _sql("DELETE FROM audit WHERE what = 'block'"),
    ),
}
