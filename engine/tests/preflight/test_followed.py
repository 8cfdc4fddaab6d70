"""What cannot be followed is said to be so, and counted as the rows are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.commands import preflight
from alembic_pg.database.connect import make_engine
from alembic_pg.errors import UserError
from alembic_pg.sql.quoting import quote_literal
from sqlalchemy import text
from tests.preflight.test_counts import TABLES, begin, look

if TYPE_CHECKING:
    from tests.online.site import Site

HALF_DONE = '{"half_done"\\: {"revision"\\: "002a", "direction"\\: "upgrade"}}'

ADD = 'op.execute("ALTER TABLE t ADD COLUMN z int")'
REQUIRE = 'op.execute("ALTER TABLE t ALTER z SET NOT NULL")'
REQUIRE_OLD = 'op.execute("ALTER TABLE t ALTER b SET NOT NULL")'


def test_a_block_of_code(site: Site) -> None:
    begin(site)
    site.revise(ADD, 'op.execute("DO $$ BEGIN UPDATE t SET z = 1; END $$")', REQUIRE, REQUIRE_OLD)
    new, old = look(site)
    why = "What the DO before it does is not known before it runs."
    assert (new.count, new.why) == (None, why)
    assert (old.count, old.why, old.remark) == (4, "", why)


def test_what_a_block_of_code_makes_is_counted(site: Site) -> None:
    """The catalog tells of it, as of any other statement; what it may do to rows, a remark."""
    begin(site)
    site.revise(
        'op.execute("DO $$ BEGIN ALTER TABLE t ADD CHECK (a > 0); '
        "EXECUTE 'CREATE UNIQUE INDEX u ON ' || 't (d)'; END $$\")"
    )
    found = {one.object: one for one in look(site)}
    assert {name: one.count for name, one in found.items()} == {"t.t_a_check": 4, "t.u": 4}
    why = "What the DO before it does is not known before it runs."
    assert {one.remark for one in found.values()} == {why}
    # What it asks of rows, an empty copy answers otherwise than the target.
    site.again(
        'op.execute("DO $$ BEGIN IF EXISTS (SELECT FROM t) THEN ALTER TABLE t ADD CHECK (a > 0); '
        'END IF; END $$")'
    )
    (told,) = look(site)
    assert (told.kind, told.object, told.count) == (
        "block",
        "DO … ALTER TABLE t ADD CHECK (a > 0)",
        None,
    )
    assert told.why.startswith("It may find the target otherwise than the empty copy")
    # What touches no table is nobody's business.
    site.again(
        "op.execute(\"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nobody_x') "
        'THEN CREATE ROLE nobody_x; END IF; END $$")'
    )
    assert look(site) == []


def test_a_revision_that_asks(site: Site) -> None:
    begin(site)
    site.revise(
        ADD,
        'for row in op.get_bind().execute(sa.text("SELECT id FROM t")).all():',
        '    op.execute(f"UPDATE t SET z = 1 WHERE id = {row.id}")',
        REQUIRE,
        REQUIRE_OLD,
    )
    site.revise('op.execute("ALTER TABLE t ADD CHECK (a > 0)")')
    found = {one.object: one for one in look(site)}
    assert found["t.t_a_check"].count == 4
    assert found["t.t_a_check"].remark == "002a (step 002a) asks the database as it runs."
    site.again(
        'op.get_bind().execute(sa.text("SELECT id FROM t")).all()', ADD, REQUIRE, REQUIRE_OLD
    )


def test_an_update_that_reads_what_is_pending(site: Site) -> None:
    begin(site)
    site.revise(
        'op.execute("CREATE TABLE n AS SELECT id FROM o")',
        ADD,
        'op.execute("UPDATE t SET z = n.id FROM n WHERE n.id = t.id")',
        REQUIRE,
        'op.execute("ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES o")',
    )
    new, key = look(site)
    assert new.why == "The update t before it reads n, which is pending, too."
    assert (key.count, key.remark) == (7, new.why)


def test_rows_that_are_added(site: Site) -> None:
    begin(site)
    site.revise(
        'op.execute("INSERT INTO o SELECT n FROM generate_series(6, 9) AS n")',
        'op.execute("ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES o")',
    )
    (key,) = look(site)
    assert (key.count, key.remark) == (2, "The insert o before it adds rows.")


def test_a_trigger_may_change_what_is_written(site: Site) -> None:
    function = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    trigger = "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    begin(site, function, trigger)
    site.revise("op.execute(\"UPDATE t SET b = 'x' WHERE b IS NULL\")", REQUIRE_OLD)
    (found,) = look(site)
    assert found.count == 0
    assert found.remark == "A trigger may change what an UPDATE before it writes."


def test_what_the_target_lacks(site: Site) -> None:
    begin(site)
    site.sql("ALTER TABLE t DROP COLUMN b")
    site.revise('op.execute("ALTER TABLE t ADD CHECK (a > 0)")')
    (found,) = look(site)
    assert found.count is None
    assert found.why == 'The database refuses the question: column "b" does not exist.'


def test_a_question_that_takes_too_long(site: Site) -> None:
    slow = "CREATE FUNCTION slow(int) RETURNS bool LANGUAGE sql AS 'SELECT pg_sleep(1) IS NULL'"
    begin(site, slow)
    site.revise('op.execute("ALTER TABLE t ADD CHECK (slow(a))")')
    (found,) = look(site, limit=0.3)
    assert found.count is None
    assert found.why == "Not counted within 0.3 s: --limit gives it more."


def test_a_locked_table(site: Site) -> None:
    begin(site)
    site.revise('op.execute("ALTER TABLE t ADD CHECK (a > 0)")')
    with make_engine(site.url).connect() as other:
        other.execute(text("LOCK TABLE t"))
        result = preflight.look(site.config())
    assert "is locked" in result.no_plan
    (found,) = result.revisions[0].findings
    assert (found.count, found.why) == (None, "t is locked by another session.")


def test_a_view_that_is_written(site: Site) -> None:
    view = "CREATE VIEW w AS SELECT id, b FROM t"
    begin(site, view)
    site.revise(ADD, "op.execute(\"UPDATE w SET b = 'x'\")", REQUIRE, REQUIRE_OLD)
    new, old = look(site)
    why = "The update w before it changes rows of a view or of an unknown table."
    assert (new.count, new.why) == (None, why)
    assert (old.count, old.remark) == (4, why)


def test_roles_that_the_scratch_server_lacks(site: Site) -> None:
    begin(site)
    site.revise(
        'op.execute("GRANT SELECT ON t TO nobody_here")',
        'op.execute("SET LOCAL ROLE nobody_here")',
        'op.execute("CREATE POLICY p ON t TO nobody_here USING (true)")',
        'op.execute("ALTER TABLE t OWNER TO nobody_here")',
        REQUIRE_OLD,
    )
    (found,) = look(site)
    assert (found.kind, found.count) == ("not null", 4)


def test_a_setting_ends_with_its_revision(site: Site) -> None:
    begin(site, "CREATE SCHEMA other", "CREATE TABLE other.t (b text)")
    site.revise('op.execute("SET LOCAL search_path TO other")')
    site.revise(REQUIRE_OLD)
    (found,) = look(site)
    assert (found.object, found.count) == ("t.b", 4)


def test_a_revision_that_is_half_done(site: Site) -> None:
    begin(site)
    site.revise(ADD, REQUIRE_OLD)
    site.sql(f"COMMENT ON TABLE alembic_version IS {quote_literal(HALF_DONE)}")
    with pytest.raises(UserError, match="upgrade of revision 002a is half done: no row was asked"):
        preflight.look(site.config())


def test_values_are_shown_where_they_are_asked_for(site: Site) -> None:
    begin(site)
    site.revise('op.execute("ALTER TABLE t ADD CHECK (b IS NOT NULL OR a > 0)")')
    (found,) = look(site)
    assert (found.example, found.values) == ("id 3", {})
    (found,) = look(site, values=True)
    assert found.values == {"b": None, "a": "-1"}


def test_a_key_that_may_be_personal(site: Site) -> None:
    table = "CREATE TABLE k (email text PRIMARY KEY, a int)"
    begin(site, table)
    site.sql("INSERT INTO k VALUES ('ann@example.org', 0)")
    site.revise('op.execute("ALTER TABLE k ADD CHECK (a > 0)")')
    (found,) = look(site)
    assert (found.count, found.example, found.values) == (1, "", {})
    (found,) = look(site, values=True)
    assert found.example == "email ann@example.org"


def test_rows_that_revisions_have_inserted_are_not_the_target_s(site: Site) -> None:
    """The copy has them, too: there they neither refuse a statement nor are they counted."""
    begin(site)
    lines = [f"op.execute({statement!r})" for statement in TABLES]
    insert = "INSERT INTO o VALUES (7, NULL), (8, 'x'), (9, 'x')"
    site.made.clear()
    site.revise(*lines, f'op.execute("{insert}")')
    site.revise(
        'op.execute("ALTER TABLE o ALTER code SET NOT NULL")',
        'op.execute("CREATE UNIQUE INDEX u ON o (code)")',
    )
    assert [(one.object, one.count, one.why) for one in look(site)] == [
        ("o.code", 0, ""),
        ("o.u", 2, ""),
    ]
