"""The matrix of words that people wrote: where they lead elsewhere, PostgreSQL's stay."""

from __future__ import annotations

from tests.matrix.case import Case

_VIEW = '\nv = PGView("public", "v", """{}""")'

CASES = [
    Case(
        "words",
        "of a view, there and back",
        'table(Column("a", Integer))' + _VIEW.format("select id\nfrom t\nwhere a in (1, 2)"),
        'table(Column("a", Integer))' + _VIEW.format("select id, a\nfrom t\nwhere a in (1, 2)"),
        says=("select id, a\n", "select id\n"),
    ),
    Case(
        "words",
        "of a view of all columns, one of which comes in the middle",
        'table(Column("a", Integer))' + _VIEW.format("select *\nfrom t"),
        'Table("t", m, Column("b", Integer), Column("id", BigInteger, primary_key=True), Column("a", Integer))'
        + _VIEW.format("select *\nfrom t"),
        oneway=True,
    ),
    Case(
        "words",
        "of a view whose column has another name by now",
        'table(Column("a", Integer))' + _VIEW.format("select id\nfrom t\nwhere a > 0"),
        'table(Column("b", Integer, info={"renamed_from": "a"}))'
        + _VIEW.format("select id, b\nfrom t\nwhere b > 0"),
    ),
    Case(
        "words",
        "of a CHECK, a default and an index, changed",
        """table(Column("a", Integer, server_default=text("1+1")), CheckConstraint("a in (1, 2)", name="c"), Index("i", "a", postgresql_where=text("a in (1, 2)")))""",
        """table(Column("a", Integer, server_default=text("2+2")), CheckConstraint("a in (1, 2, 4)", name="c"), Index("i", "a", postgresql_where=text("a in (1, 2, 4)")))""",
        says=(
            "op.create_check_constraint('c', 't', 'a in (1, 2, 4)')",
            "op.create_check_constraint('c', 't', 'a in (1, 2)')",
            "sa.text('2+2')",
        ),
    ),
]
