"""The docstring at the head of a revision: Alembic's own lines stay, and the message first."""

from __future__ import annotations

import ast

import pytest
from alembic.script.base import Script
from alembic_pg.autogenerate.files.head import with_head

SAID = ["Does: add column t.a.", "Locks: t (ACCESS EXCLUSIVE, a moment).", 'Destroys: "x\\y".']

STOCK = '"""change t\n\nRevision ID: 1\nRevises: \n\n"""\nfrom alembic import op\n'


def test_the_sentences_stand_between_message_and_ids() -> None:
    source = with_head(STOCK, SAID)
    assert source.startswith(
        '"""change t\n\nDoes: add column t.a.\nLocks: t (ACCESS EXCLUSIVE, a moment).\n'
        'Destroys: "x\\\\y".\n\nRevision ID: 1\n'
    )
    text = ast.get_docstring(ast.parse(source), clean=False)
    assert text is not None
    assert '\nDestroys: "x\\y".\n' in text


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_names_are_as_they_are(quotes: str) -> None:
    names = """Destroys: column t.a"b, column t.""\"c, column t.'''d, column t."."""
    source = with_head(STOCK.replace('"""', quotes), [names])
    text = ast.get_docstring(ast.parse(source), clean=False)
    assert text is not None
    assert names in text


def test_alembic_still_finds_the_message() -> None:
    class Module:
        __doc__ = ast.get_docstring(ast.parse(with_head(STOCK, SAID)))
        down_revision = None

    script = Script(Module, "1", "1.py")  # type: ignore[arg-type]  # a module in tests
    assert script.doc == "change t"


@pytest.mark.parametrize("source", ["", "x = 1\n", '"""one line"""\nx = 1\n'])
def test_a_template_without_such_a_head_is_left_alone(source: str) -> None:
    assert with_head(source, SAID) == source


def test_nothing_said_changes_nothing() -> None:
    assert with_head(STOCK, []) == STOCK


def test_nothing_after_the_docstring_is_read() -> None:
    assert (
        with_head(f"# a comment\n\n{STOCK}(", SAID) == f"# a comment\n\n{with_head(STOCK, SAID)}("
    )


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        with_head('"""open', SAID)
