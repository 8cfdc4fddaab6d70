"""What a check knows of the models without building them is what building them makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides import desired, known_build
from alembic_pg.autogenerate.sides.revisions import StartingSchema
from tests.matrix.case import load
from tests.matrix.databases import build, create_built, with_known_columns

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.autogenerate.scope.models import Models
    from alembic_pg.autogenerate.sides.build_statements import BuildStatement
    from alembic_pg.database.scratch import ScratchServer

# Enough tables that the change of one is a small one; one of them refers to it.
OTHERS = "".join(f'table(Column("a", Integer, index=True), name="o{n}")\n' for n in range(5))
CHILD = 'table(Column("t", Integer, ForeignKey("t.id", ondelete="CASCADE")), name="child")\n'
COMMENTED_KEY = (
    'table(Column("t", Integer), ForeignKeyConstraint(["t"], ["t.id"], name="k", comment="K"), '
    'name="child")\n'
)
UNIQUE_KEY = 'table(Column("t", Integer, ForeignKey("t.a")), name="child")\n'
MUCH = (
    'table(Column("a", Integer, Identity(start=5), comment="A"), Column("s", Integer, '
    'Sequence("numbers"), server_default=text("nextval(\'numbers\')")), Column("b", Text, '
    'server_default="x"), Column("g", Integer, Computed("a + 1")), Index("i", text("lower(b)"), '
    'postgresql_where=text("a > 1")), UniqueConstraint("a", name="u"), CheckConstraint("a > 0"), '
    'ExcludeConstraint(("b", "="), using="btree", name="x"), ForeignKeyConstraint(["a"], ["t.id"], '
    'name="self"), {}comment="T", postgresql_with={{"fillfactor": 90}})\n'
)
MORE = 'Index("j", "b", postgresql_using="hash"), Column("o", ForeignKey("o1.id")), '
ODD = """table(Column("a b", Text){}, name='a "b.$*?', schema="o d")\n"""
COLUMNS = 'Column("a", Integer, Identity()), Column("b", Text, comment="B"), Index("i", "b")'
T = f"table({COLUMNS}{{}})\n"
BEFORE = T.format("") + CHILD + OTHERS
VIEW = 'v = PGView("public", "v", "select {} from {}")\n'
TRIGGER = """
f = PGFunction("public", "f()", "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
g = PGTrigger("public", "g", "BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "t")
"""
DDL_BY_HAND = 'event.listen(m, "after_create", DDL("ALTER TABLE o1 SET (fillfactor = 90)"))\n'
PARTS = (
    'table(Column("k", Integer, primary_key=True){}, name="p", '
    'postgresql_partition_by="LIST (k)")\n'
)
PARTITION = (
    'event.listen(m.tables["p"], "after_create", '
    'DDL("CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"))\n'
)
MORE_COLUMNS = T.format(', Column("c", Text)') + CHILD + OTHERS
TWO_VIEWS = """
v = PGView("public", "v", "select b from t")
w = PGView("public", "w", "select * from v")
g = PGGrantTable("public", "w", columns=["b"], role="pg_monitor", grant="SELECT")
"""
LOUD_TRIGGER = TRIGGER.replace("ON t ", "ON T ").replace('"t")', '"T")')
TRIGGERS = """
f = PGFunction("public", "f()", "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; END'")
g = PGTrigger("public", "g", "BEFORE UPDATE ON o1 FOR EACH ROW EXECUTE FUNCTION f()", "o1")
"""
RIGHTS = """
g = PGGrantTable("public", "t", columns=["b"], role="pg_monitor", grant="SELECT")
h = PGGrantTable("public", "t", columns=["id", "b"], role="pg_read_all_data", grant="SELECT")
p = PGPolicy("public", "p", "AS PERMISSIVE FOR SELECT TO PUBLIC USING (b > 'a')", "t")
q = PGPolicy("public", "q", "FOR SELECT USING (EXISTS (SELECT b FROM t))", "o1")
"""
USES_FUNCTION = 'table(Column("n", Integer, server_default=text("f(1)")), name="user")\n'
ENUM = 'table(Column("e", Enum({}, name="mood")), name="e")\n'
# Both would have the name a_b_c_key, if they were there alone.
SAME_NAMES = (
    'Table("a", m, Column("b_c", Integer, unique=True))\n'
    'Table("a_b", m, Column("c", Integer, unique=True))\n'
)


def steps_of(databases: ScratchServer, models: Models, template: str) -> list[BuildStatement]:
    steps = desired.compiled_statements(models, databases.connection.dialect)
    assert steps is not None, template
    return steps


def known(databases: ScratchServer, root: Path, before: str, after: str) -> Dump | None:
    """Return what is known of models after a clean check of others."""
    url = create_built(databases, load(before))
    template = str(url.database)
    past = StartingSchema(databases, template, "alembic_version", pg_dump.dump_database(url))
    known_build.write_note(root, past, steps_of(databases, load(before), template))
    assert known_build.has_note(root)
    found = known_build.known_build(root, past, steps_of(databases, load(after), template))
    return found.dump if found else None


def outline(dump: Dump) -> dict[str, tuple[str, str, set[str]]]:
    """Return what counts of a dump, but for its order: that objects come after what they need."""
    places = {key: number for number, key in enumerate(dump)}
    for key, one in dump.items():
        assert all(places[need] < places[key] for need in one.needs if need in places), key
    return {key: (one.text, one.drop, {*one.needs}) for key, one in dump.items()}


VIEW_OF_OTHER = VIEW.format("a", "o2")
KNOWN = {
    "nothing changes": (BEFORE, BEFORE),
    "a column": (BEFORE, T.format(', Column("c", Text, server_default="x")') + CHILD + OTHERS),
    "a comment": (BEFORE, T.format(', Column("c", Text, comment="C")') + CHILD + OTHERS),
    "a check": (BEFORE, T.format(', CheckConstraint("a > 0", name="k")') + CHILD + OTHERS),
    "a table's comment": (BEFORE, T.format(', comment="T"') + CHILD + OTHERS),
    "a foreign key": (BEFORE, T.format(', Column("o", ForeignKey("o1.id"))') + CHILD + OTHERS),
    "an index": (BEFORE, BEFORE.replace(', Index("i", "b")', ', Index("i", "b", unique=True)')),
    "a table comes": (BEFORE, BEFORE + 'table(Column("a", Integer), name="new")\n'),
    "a table goes": (BEFORE, BEFORE.replace(CHILD, "")),
    "a view of another table": (
        BEFORE + VIEW_OF_OTHER,
        T.format(', comment="T"') + CHILD + OTHERS + VIEW_OF_OTHER,
    ),
    "a key of another table has a comment": (
        T.format("") + COMMENTED_KEY + OTHERS,
        T.format(', Column("c", Text)') + COMMENTED_KEY + OTHERS,
    ),
    "a key of another table leans on another index": (
        T.format(', UniqueConstraint("a", name="u")') + UNIQUE_KEY + OTHERS,
        T.format(', UniqueConstraint("a", name="w")') + UNIQUE_KEY + OTHERS,
    ),
    "all that a table may have": (MUCH.format("") + OTHERS, MUCH.format(MORE) + OTHERS),
    "an odd name": (ODD.format("") + OTHERS, ODD.format(', Column("c", Text)') + OTHERS),
    "a view names it": (BEFORE + VIEW.format("b", "t"), MORE_COLUMNS + VIEW.format("b", "t")),
    "a view of all of it": (BEFORE + VIEW.format("*", "t"), MORE_COLUMNS + VIEW.format("*", "t")),
    "a view of a view": (BEFORE + TWO_VIEWS, MORE_COLUMNS + TWO_VIEWS),
    "a trigger is on it": (BEFORE + TRIGGER, MORE_COLUMNS + TRIGGER),
    "a trigger calls it in capitals": (BEFORE + LOUD_TRIGGER, MORE_COLUMNS + LOUD_TRIGGER),
    "a trigger of another table names it": (BEFORE + TRIGGERS, MORE_COLUMNS + TRIGGERS),
    "rights and a policy": (BEFORE + RIGHTS, MORE_COLUMNS + RIGHTS),
    "an identity goes": (BEFORE, BEFORE.replace("Integer, Identity()", "Integer")),
}


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_what_is_built(databases: ScratchServer, tmp_path: Path, name: str) -> None:
    before, after = (with_known_columns(databases, models) for models in KNOWN[name])
    found = known(databases, tmp_path, before, after)
    assert found is not None
    assert outline(found) == outline(build(databases, load(after)))


FUNCTION = 'f = PGFunction("public", "f({})", "RETURNS int LANGUAGE sql IMMUTABLE AS {}")\n'
COLUMN_MORE = (COLUMNS, f'{COLUMNS}, Column("c", Text)')
FURTHER = {
    "a function's body needs it": (
        BEFORE + FUNCTION.format("x int", "$$ SELECT a FROM t WHERE id = x $$"),
        COLUMN_MORE,
    ),
    "a function takes its row": (BEFORE + FUNCTION.format("r t", "$$ SELECT 1 $$"), COLUMN_MORE),
    "a column uses what names it": (
        T.format("") + OTHERS + FUNCTION.format("x int", "$$ SELECT 1 /* t */ $$") + USES_FUNCTION,
        COLUMN_MORE,
    ),
    "a type has its name": (BEFORE + ENUM.format("'t'"), COLUMN_MORE),
    "a statement by hand": (BEFORE + DDL_BY_HAND, COLUMN_MORE),
    "it has a partition": (
        OTHERS + PARTS.format("") + PARTITION,
        ('name="p"', 'name="p", comment="P"'),
    ),
    "another entity": (OTHERS + VIEW_OF_OTHER, ('"select a', '"select id')),
    "an enum": (OTHERS + ENUM.format("'x'"), ("'x'", "'x', 'y'")),
    "a name that was taken": (
        OTHERS + SAME_NAMES,
        ('"b_c", Integer, unique=True', '"b_c", Integer'),
    ),
    "most tables": (BEFORE, ('"a", Integer, index=True', '"a", Integer')),
}


@pytest.mark.parametrize("name", FURTHER)
def test_what_reaches_further_is_built(databases: ScratchServer, tmp_path: Path, name: str) -> None:
    before, change = FURTHER[name]
    assert known(databases, tmp_path, before, before.replace(*change)) is None


def test_a_note_of_other_revisions_says_nothing(databases: ScratchServer, tmp_path: Path) -> None:
    assert known(databases, tmp_path, BEFORE, BEFORE) is not None
    url = create_built(databases, load(BEFORE))
    past = StartingSchema(databases, str(url.database), "alembic_version", {})
    steps = steps_of(databases, load(BEFORE), "")
    assert known_build.known_build(tmp_path, past, steps) is None


def test_a_note_that_cannot_be_read_says_nothing(databases: ScratchServer, tmp_path: Path) -> None:
    assert known(databases, tmp_path, BEFORE, BEFORE) is not None
    (tmp_path / known_build.NOTE_PATH).write_text('{"made": 1}')
    past = StartingSchema(databases, "x", "alembic_version", {})
    assert known_build.known_build(tmp_path, past, []) is None
