"""The matrix of indexes."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = [
    Case(
        "index",
        "added",
        'table(Column("a", Text))',
        'table(Column("a", Text), Index("i", "a"))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "predicate",
        'table(Column("a", Text), Index("i", "a", postgresql_where=text("a > \'0\'")))',
        'table(Column("a", Text), Index("i", "a", postgresql_where=text("a > \'1\'")))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "method",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", "a", postgresql_using="hash"))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "operator class",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", "a", postgresql_ops={"a": "text_pattern_ops"}))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "INCLUDE",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", "a", postgresql_include=["id"]))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "unique",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", "a", unique=True))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "storage parameter",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", "a", postgresql_with={"fillfactor": 50}))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "NULLS NOT DISTINCT",
        'table(Column("a", Text), Index("i", "a", unique=True))',
        'table(Column("a", Text), Index("i", "a", unique=True, postgresql_nulls_not_distinct=True))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "order",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", text("a DESC NULLS LAST")))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "expression",
        'table(Column("a", Text), Index("i", text("lower(a)")))',
        'table(Column("a", Text), Index("i", text("upper(a)")))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "collation",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", text("a COLLATE \\"C\\"")))',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "comment",
        'table(Column("a", Text), Index("i", "a"))',
        'table(Column("a", Text), Index("i", "a"))\nafter("COMMENT ON INDEX i IS \'fast\'")',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
    Case(
        "index",
        "replica identity",
        'table(Column("a", Text, nullable=False), Index("i", "a", unique=True))',
        'table(Column("a", Text, nullable=False), Index("i", "a", unique=True))\nafter("ALTER TABLE t REPLICA IDENTITY USING INDEX i")',
        rows="INSERT INTO t (id, a) VALUES (1, '1'), (2, '2')",
    ),
]
