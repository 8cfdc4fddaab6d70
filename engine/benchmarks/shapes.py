"""The tables that the traffic benchmark changes, and what it changes in them."""

from __future__ import annotations

from dataclasses import dataclass, field

# How many columns at once.
MANY = 40

COLUMNS = """
  id int PRIMARY KEY, parent int NOT NULL, amount int, note text NOT NULL, code text NOT NULL,
  seen int NOT NULL DEFAULT 0, copied int
"""

ROWS = """
INSERT INTO busy SELECT n, n, n % 1000, {note}, 'code ' || n FROM generate_series(1, {rows}) AS n;
CREATE TABLE parents (id int PRIMARY KEY);
INSERT INTO parents SELECT n FROM generate_series(1, {rows}) AS n;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
VACUUM ANALYZE busy, parents;
"""

# About 150 kB, which do not get smaller where they are stored.
DOCUMENT = """(SELECT '[' || string_agg((random() * 1e6)::int::text, ',') || ']'
FROM generate_series(1, 22000 + 0 * n))"""

FILL = ("UPDATE busy SET copied = amount WHERE copied IS NULL",)
VOLATILE = (
    'op.add_column("busy", sa.Column("token", sa.Uuid, nullable=False, '
    'server_default=sa.text("gen_random_uuid()")))'
)
INDEX = 'op.create_index("busy_note_idx", "busy", ["amount"])'
CHECK = 'op.create_check_constraint("amount_check", "busy", "amount >= 0")'


def _columns(number: int) -> str:
    column = 'sa.Column(f"c{n}", sa.Integer, server_default="0", nullable=False)'
    return f'for n in range({number}): op.add_column("busy", {column})'


def _sql(statement: str) -> str:
    return f'op.execute("{statement}")'


@dataclass(frozen=True)
class Change:
    """The line of a revision. fills: whether it writes all rows."""

    line: str
    fills: bool = False


@dataclass(frozen=True)
class Shape:
    """A table called busy.

    create: what makes it. rows: how many, where that is not the run's own number. note: the
    expression of its long column. changes: what is done to it, by name.
    """

    create: str
    note: str = "'note ' || n"
    rows: int | None = None
    changes: dict[str, Change] = field(default_factory=dict)

    def statements(self, rows: int) -> list[str]:
        """Return what fills an empty database."""
        return [*self.create.split(";\n"), *ROWS.format(note=self.note, rows=rows).split(";\n")]


SHAPES = {
    "usual": Shape(
        f"CREATE TABLE busy ({COLUMNS})",
        changes={
            "1 column": Change(_columns(1)),
            f"{MANY} columns": Change(_columns(MANY)),
            "index": Change(INDEX),
            "UNIQUE": Change('op.create_unique_constraint("busy_code_key", "busy", ["code"])'),
            "CHECK": Change(CHECK),
            "foreign key": Change(
                'op.create_foreign_key("busy_fk", "busy", "parents", ["parent"], ["id"])'
            ),
            "NOT NULL": Change('op.alter_column("busy", "amount", nullable=False)'),
            "fill a column": Change(_sql(*FILL), fills=True),
            "volatile default": Change(VOLATILE, fills=True),
            "int to bigint": Change(
                'op.alter_column("busy", "amount", type_=sa.BigInteger)', fills=True
            ),
            "int key to bigint": Change(
                'op.alter_column("busy", "id", type_=sa.BigInteger)', fills=True
            ),
        },
    ),
    "wide": Shape(
        f"CREATE TABLE busy ({COLUMNS});\nALTER TABLE busy ALTER note SET STORAGE EXTERNAL",
        note=DOCUMENT,
        rows=400,
        changes={
            "fill a column": Change(
                _sql("UPDATE busy SET copied = length(note) WHERE copied IS NULL"), fills=True
            ),
            "text to jsonb": Change(
                'op.alter_column("busy", "note", type_=postgresql.JSONB, '
                'postgresql_using="note::jsonb")',
                fills=True,
            ),
        },
    ),
    "8 partitions": Shape(
        f"CREATE TABLE busy ({COLUMNS}) PARTITION BY HASH (id);\n"
        + ";\n".join(
            f"CREATE TABLE busy_{n} PARTITION OF busy FOR VALUES WITH (MODULUS 8, REMAINDER {n})"
            for n in range(8)
        ),
        changes={
            "index": Change(INDEX),
            "CHECK": Change(CHECK),
            "fill a column": Change(_sql(*FILL), fills=True),
            "volatile default": Change(VOLATILE, fills=True),
        },
    ),
}
