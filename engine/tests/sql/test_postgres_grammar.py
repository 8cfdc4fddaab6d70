"""What the hand-written parser says of statements is what PostgreSQL's own grammar says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import postgast
from alembic.script import ScriptDirectory
from alembic_pg.revisions.statements import function_statements
from hypothesis import given
from tests.property.many import examples
from tests.sql import collected, statement_grammar
from tests.sql.agreement import disagreements
from tests.sql.listed import LISTED, reason_for

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree


@given(statement_grammar.STATEMENTS)
@examples(few=300)
def test_random_statements(sql: str) -> None:
    assert len(postgast.parse(sql).stmts) == 1, "the grammar makes statements only"
    assert not [*disagreements(sql)]


@given(statement_grammar.TEXTS)
@examples(few=100)
def test_random_texts(sql: str) -> None:
    assert not [*disagreements(sql)]


def test_statements_of_tests() -> None:
    found = collected.strings_of_tests()
    assert len(found) > 1000
    assert not [line for sql in found for line in disagreements(sql)]


def test_statements_of_the_history(root: Path) -> None:
    history = ScriptDirectory(str(root / "alembic")).walk_revisions()
    found = [
        statement.sql
        for revision in history
        for function in (revision.module.upgrade, revision.module.downgrade)
        for statement in function_statements(function)
    ]
    assert len(found) > 20
    assert not [line for sql in found for line in disagreements(sql)]


def test_statements_of_the_script(tree: Tree) -> None:
    script = tree.alembic("upgrade", "head", "--sql").out
    sql = re.sub(r"(?m)^\\.*$", ";", script)  # what psql itself does
    assert len(postgast.parse(sql).stmts) > 20
    assert not [*disagreements(sql)]


def test_every_listed_reason_is_needed() -> None:
    found = {reason_for(sql) for sql in collected.strings_of_tests()}
    assert {why for _, why in LISTED} <= found
