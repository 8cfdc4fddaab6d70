"""Texts of operations run in transactions of their own, and say why they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.errors import RefusedError, SqlState
from alembic_pg.revisions.trial import text_session

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def test_what_is_committed_stays(empty: URL) -> None:
    with text_session.open_session(empty) as session:
        session.run("op.create_table('t', sa.Column('a', sa.Integer))")
        session.commit()
        session.run("op.execute('CREATE TABLE u ()')")
    with text_session.open_session(empty) as session:
        assert session.query(TABLES) == [(1,)]


def test_texts_are_tried_together(empty: URL) -> None:
    with text_session.open_session(empty) as session:
        assert session.attempt(["op.execute('CREATE TABLE t ()')"]) is None
        refused = session.attempt(["op.execute('CREATE TABLE u ()')"] * 2)
        assert refused is not None
        assert refused.code == SqlState.DUPLICATE_TABLE
        assert refused.description == 'relation "u" already exists'
        assert refused.statement == "CREATE TABLE u ()"
        assert session.query(TABLES) == [(1,)]


def test_a_text_that_is_no_python_is_refused(empty: URL) -> None:
    with (
        text_session.open_session(empty) as session,
        pytest.raises(RefusedError, match="NameError: name 'nowhere' is not defined"),
    ):
        session.run("nowhere.call()")
