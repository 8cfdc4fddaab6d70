"""A summary speaks of objects: what belongs to one is no line of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import ops
from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.report.object_groups import object_groups
from alembic_pg.autogenerate.report.operation_text import operation_row


def entry(kind: str, name: str, create: str = "", *needs: str) -> Entry:
    return Entry(kind, "public", name, create or f"CREATE {kind} {name};", "", needs)


def dump(*entries: Entry) -> Dump:
    return {one.key: one for one in entries}


def statement(action: str, label: str) -> StatementOp:
    return StatementOp(action, label, (), ())


def rows(operations: list[ops.MigrateOperation], before: Dump, after: Dump) -> list[str]:
    return [f"{group.verb} {group.name}" for group in object_groups(operations, before, after)]


def parts(text: str) -> list[Entry]:
    view = "VIEW public.v"
    return [
        entry("VIEW", "v", text),
        entry("RULE", "v _RETURN", "", view),
        entry("ACL", "TABLE v", "", view),
        entry("ACL", "COLUMN v.a", "", view, "ACL public.TABLE v"),
        entry("COMMENT", "COLUMN v.a", "", view),
    ]


def test_a_view_with_one_column_more_is_one_line() -> None:
    before, after = dump(*parts("one")), dump(*parts("two"))
    labels = [one.label for one in before.values()]
    operations = [statement("drop", label) for label in reversed(labels)]
    operations += [statement("create", label) for label in labels]
    assert rows([*operations], before, after) == ["change view v"]
    assert rows([*operations], before, before) == ["recreate view v"]


def test_the_columns_that_change_are_named_once() -> None:
    operation = StatementOp(
        "change",
        "table t",
        (
            "ALTER TABLE public.t DROP COLUMN b;",
            "ALTER TABLE public.t ALTER COLUMN a TYPE text;",
            'ALTER TABLE public.t DROP COLUMN "c;d";',
            "ALTER TABLE public.t ADD COLUMN b integer;",
        ),
        (),
    )
    assert operation_row(operation) == ("change", "table t (b, a, c;d)")


def test_the_columns_of_all_changes_of_a_table_are_named() -> None:
    entries = dump(entry("TABLE", "t"), entry("TYPE", "e"))
    changes = [
        StatementOp("change", "table t", (f"ALTER TABLE public.t {text};",), ())
        for text in ("ALTER COLUMN e TYPE e_new", "DROP COLUMN b", "ADD COLUMN b integer")
    ]
    between = [statement("create", "type e"), changes[0], statement("drop", "type e")]
    assert rows([*between, *changes[1:]], entries, entries) == [
        "recreate type e",
        "change table t (e, b)",
    ]


def test_a_grant_alone_has_its_line() -> None:
    both = dump(*parts("one"))
    assert rows([statement("change", "grants on v")], both, both) == ["change grants on v"]


def test_what_comes_with_a_new_table_is_not_told() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    after = dump(
        entry("TABLE", "t"),
        entry("TRIGGER", "t tg", "", "TABLE public.t"),
        entry("INDEX", "i", "", "TABLE public.t"),
        entry("COMMENT", "INDEX i", "", "INDEX public.i"),
    )
    operations = [
        ops.CreateTableOp.from_table(table),
        ops.CreateIndexOp("i", "t", ["a"]),
        statement("create", "comment on index i"),
        statement("create", "trigger tg on t"),
    ]
    assert rows(operations, {}, after) == ["create table t"]
    old = dump(entry("TABLE", "t"))
    assert rows(operations[1:], old, old | after) == [
        "create index i",
        "create comment on index i",
        "create trigger tg on t",
    ]


def test_many_new_objects_of_a_kind_share_a_line() -> None:
    metadata = sa.MetaData()
    tables = [sa.Table(name, metadata, sa.Column("a", sa.Integer)) for name in "abcde"]
    enums = [entry("TYPE", name, "CREATE TYPE x AS ENUM ();") for name in "xyz"]
    after = dump(*enums, *(entry("TABLE", table.name) for table in tables))
    operations = [statement("create", one.label) for one in enums]
    created = [ops.CreateTableOp.from_table(table) for table in tables]
    assert rows([*operations, *created], {}, after) == [
        "create enum x",
        "create enum y",
        "create enum z",
        "create 5 tables a, b, c, …",
    ]


def test_a_type_that_is_replaced_is_one_line() -> None:
    old, new = (entry("TYPE", "m", f"CREATE TYPE m AS ENUM ({v});") for v in ("'a', 'b'", "'a'"))
    operations = [statement("change", "enum m"), statement("drop", "enum m_old")]
    assert rows([*operations], dump(old), dump(new)) == ["change enum m"]


def test_an_index_under_its_old_name_changes() -> None:
    table = dump(entry("TABLE", "t"))
    operations = [ops.DropIndexOp("i", "t"), ops.CreateIndexOp("i", "t", ["a"])]
    assert rows([*operations], table, table) == ["change index i"]


def test_a_constraint_under_its_old_name_changes_and_a_column_does_not() -> None:
    table = dump(entry("TABLE", "t"))
    operations = [
        ops.DropConstraintOp("k", "t", type_="check"),
        ops.CreateCheckConstraintOp("k", "t", "a > 0"),
        ops.DropConstraintOp("f", "t", type_="foreignkey"),
        ops.DropColumnOp("t", "a"),
        ops.AddColumnOp("t", sa.Column("a", sa.Integer)),
    ]
    assert rows([*operations], table, table) == [
        "change check constraint k on t",
        "drop foreign key f on t",
        "drop column t.a",
        "add column t.a",
    ]
