"""One place of a source changes, and all around it stays as a person has written it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from alembic_pg.adopt.model_source import place_edits
from alembic_pg.adopt.model_source.place import Place
from alembic_pg.adopt.model_source.source import Names, Source
from sqlalchemy import MetaData, Table

CLASS = """\
class Vote(Base):
    __tablename__ = "votes"{arguments}

    id: Mapped[int]  # kept
    note = mapped_column(Text, comment="a")

    owner: Mapped[User] = relationship()
"""


def place_of(text: str) -> Place:
    source = Source(Path("votes.py"), text, "utf-8")
    (node,) = source.tree.body
    assert isinstance(node, ast.ClassDef)
    return Place(Table("votes", MetaData()), source, Names(source), node)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n    __table_args__ = (X,)"),
        ('\n    __table_args__ = {"a": 1}', '\n    __table_args__ = (X, {"a": 1})'),
        ("\n    __table_args__ = (A,)", "\n    __table_args__ = (A, X,)"),
        ('\n    __table_args__ = (A, {"a": 1})', '\n    __table_args__ = (A, X, {"a": 1})'),
        (
            "\n    __table_args__ = (\n        A,  # why\n        B,\n    )",
            "\n    __table_args__ = (\n        A,  # why\n        B,\n        X,\n    )",
        ),
        (
            "\n    __table_args__ = (\n        A,\n        {},\n    )",
            "\n    __table_args__ = (\n        A,\n        X,\n        {},\n    )",
        ),
        ("\n    __table_args__ = ()", "\n    __table_args__ = (X,)"),
        ("\n    __table_args__ = made()", None),
        ("\n    __table_args__ = (*others, A)", None),
    ],
)
def test_an_argument_of_the_table_is_added(before: str, after: str | None) -> None:
    place = place_of(CLASS.format(arguments=before))
    edits = place_edits.add_to_table(place, "X")
    if after is None:
        assert edits is None
    else:
        assert edits is not None
        assert place.source.edited(edits) == CLASS.format(arguments=after)


@pytest.mark.parametrize(
    ("before", "number", "after"),
    [
        ("(A,)", 0, "()"),
        ("(A, B)", 0, "(B,)"),
        ("(A, B)", 1, "(A,)"),
        ("(A, B, C)", 1, "(A, C)"),
        ("(\n        A,  # why\n        B,\n    )", 1, "(\n        A,  # why\n    )"),
        ("(\n        A,\n        B,\n        {},\n    )", 0, "(\n        B,\n        {},\n    )"),
    ],
)
def test_an_argument_of_the_table_is_taken_out(before: str, number: int, after: str) -> None:
    place = place_of(CLASS.format(arguments=f"\n    __table_args__ = {before}"))
    edits = place_edits.remove_from_table(place, place.argument_list()[number])
    changed = place.source.edited(edits)
    assert changed == CLASS.format(arguments=f"\n    __table_args__ = {after}")


@pytest.mark.parametrize(
    ("before", "name", "value", "after"),
    [
        ("f()", "a", "1", "f(a=1)"),
        ("f(x)", "a", "1", "f(x, a=1)"),
        ("f(x, a=0, b=2)", "a", "1", "f(x, a=1, b=2)"),
        ("f(x, a=0, b=2)", "a", "", "f(x, b=2)"),
        ("f(x, b=2, a=0)", "a", "", "f(x, b=2)"),
        ("f(a=0)", "a", "", "f()"),
        ("f(\n    x,\n    a=0,\n)", "a", "", "f(\n    x,\n)"),
        ("f(\n    x,\n    b=2,\n)", "a", "1", "f(\n    x,\n    b=2,\n    a=1,\n)"),
        ("f(x)", "a", "", None),
    ],
)
def test_a_keyword_has_another_value(before: str, name: str, value: str, after: str | None) -> None:
    source = Source(Path("x.py"), before, "utf-8")
    (statement,) = source.tree.body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    edits = place_edits.set_keyword(source, statement.value, name, value)
    assert (None if edits is None else source.edited(edits)) == after


def test_a_column_comes_after_the_last_one() -> None:
    place = place_of(CLASS.format(arguments=""))
    changed = place.source.edited(place_edits.add_statement(place, "more: Mapped[int]"))
    lines = [line.strip() for line in changed.splitlines()]
    assert (
        lines.index("more: Mapped[int]")
        == lines.index('note = mapped_column(Text, comment="a")') + 1
    )


def test_the_line_ends_of_a_file_stay() -> None:
    place = place_of(CLASS.format(arguments="").replace("\n", "\r\n"))
    changed = place.source.edited(place_edits.add_statement(place, "more: Mapped[int]"))
    assert changed.count("\n") == changed.count("\r\n") == CLASS.count("\n") + 1


def test_a_name_is_imported_once_and_under_another_one_where_it_is_taken() -> None:
    text = '"""Say."""\nfrom sqlalchemy import Text\nimport sqlalchemy.orm as orm\n\ntext = 1\n'
    source = Source(Path("x.py"), text, "utf-8")
    names = Names(source)
    assert [names.use("Text"), names.use("Mapped", "sqlalchemy.orm")] == ["Text", "orm.Mapped"]
    assert [names.use("text"), names.use("Index")] == ["sa_text", "Index"]
    after = source.edited(names.edits())
    assert "from sqlalchemy import Index, Text, text as sa_text\n" in after
    assert ast.parse(after).body
