"""What is told of functions' bodies."""

from __future__ import annotations

from alembic_pg.autogenerate.dump.entry import Dump, Entry
from alembic_pg.autogenerate.report.function_bodies import function_notes


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
