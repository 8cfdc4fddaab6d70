"""What is told of functions' bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.report.function_bodies import function_notes
from tests.matrix.case import load
from tests.matrix.databases import build

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer


def dump(*entries: Entry) -> Dump:
    """Return a database of entries."""
    return {entry.key: entry for entry in entries}


def function(body: str) -> Entry:
    """Return a function's entry."""
    create = f"CREATE FUNCTION public.f() RETURNS bigint\n    LANGUAGE sql\n    AS $$ {body} $$;"
    return Entry("FUNCTION", "public", "f()", create, "DROP FUNCTION public.f();")


SEQUENCE = Entry("SEQUENCE", "public", "numbers", "CREATE SEQUENCE public.numbers;", "")


def test_what_a_body_names_is_told_when_it_goes() -> None:
    names, other = function("SELECT nextval('Numbers')"), function("SELECT outnumbers(1)")
    (note,) = function_notes(dump(SEQUENCE, names), dump(names))
    assert note.startswith(
        "sequence numbers is dropped, and function f() may still need it: a body"
    )
    assert not list(function_notes(dump(SEQUENCE, other), dump(other)))
    assert not list(function_notes(dump(SEQUENCE, names), dump(SEQUENCE, names)))
    assert not list(function_notes(dump(SEQUENCE, names), dump()))


def test_another_layout_is_told_as_such() -> None:
    old, new = function("SELECT 1"), function("SELECT\n    1")
    assert list(function_notes(dump(old), dump(new))) == [
        "function f() differs in white space only."
    ]
    assert not list(function_notes(dump(old), dump(old)))
    assert not list(function_notes(dump(old), dump(function("SELECT 2"))))


COMPUTED = """
from sqlalchemy import text
before('''CREATE FUNCTION "f x"(a text) RETURNS text IMMUTABLE LANGUAGE sql RETURN {}''')
table(Column("a", Text), Column("g", Text, Computed('"f x"(a)', persisted=True)),
    Column("d", Text, server_default=text("\\"f x\\"('1')")),
    CheckConstraint('"f x"(a) <> \\'x\\'', name="c"), Index("I 1", text('"f x"(a)')),
    ExcludeConstraint((text('"f x"(a)'), "="), using="btree", name="no twin"))
"""


def test_what_a_function_has_computed_is_told_when_it_changes(databases: ScratchServer) -> None:
    old, same, new = (
        build(databases, load(COMPUTED.format(body))) for body in ("a", "a", "upper(a)")
    )
    assert not list(function_notes(old, same))
    assert sorted(function_notes(old, new)) == [
        (
            "function f x(text) changes, and check constraint c on t is not checked anew: see to "
            "it that the rows that are there fit."
        ),
        (
            "function f x(text) changes, and exclusion constraint no twin on t keeps what it has "
            'computed: after the upgrade, run REINDEX INDEX public."no twin"'
        ),
        (
            "function f x(text) changes, and index I 1 keeps what it has computed: after the "
            'upgrade, run REINDEX INDEX CONCURRENTLY public."I 1"'
        ),
        (
            "function f x(text) changes, and old rows of t keep g as it was computed: an UPDATE of "
            "any column of public.t computes it anew."
        ),
    ]
