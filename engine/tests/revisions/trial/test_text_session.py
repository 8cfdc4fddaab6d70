"""Texts of operations run in transactions of their own, and say why they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.database.errors import RefusedError, SqlState
from alembic_pg.revisions.trial import text_session
from alembic_pg.revisions.trial.known_texts import KnownTexts
from sqlalchemy import event

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


def test_what_is_undone_is_not_remembered_as_made(empty: URL) -> None:
    column = "sa.Column('a', sa.Enum('x', name='e'))"
    with text_session.open_session(empty) as session:
        session.run("op.execute('CREATE TYPE e AS ENUM ()')")
        for _ in range(2):
            refused = session.attempt([f"op.create_table('t', {column})"])
            assert refused is not None
            assert refused.description == 'type "e" already exists'
        session.run("op.execute('DROP TYPE e')")
        made = [f"op.create_table('{name}', {column})" for name in "ab"]
        assert session.attempt(made) is None
        assert session.query(TABLES) == [(2,)]


def test_a_text_that_is_no_python_is_refused(empty: URL) -> None:
    with (
        text_session.open_session(empty) as session,
        pytest.raises(RefusedError, match="NameError: name 'nowhere' is not defined"),
    ):
        session.run("nowhere.call()")


def test_what_texts_executed_before_is_sent_in_one_message(empty: URL) -> None:
    known = KnownTexts()
    texts = [f"op.create_table('t{n}', sa.Column('a', sa.Text, comment='5 %'))" for n in range(9)]
    with text_session.open_session(empty, known) as session:
        session.run(*texts)
    sent: list[str] = []
    with text_session.open_session(empty, known) as session:
        event.listen(
            session.connection, "before_cursor_execute", lambda *given: sent.append(given[2])
        )
        session.run(*texts)
        assert len(sent) == 1
        assert session.query(TABLES) == [(len(texts),)]
        assert session.query("SELECT DISTINCT col_description('t0'::regclass, 1)") == [("5 %",)]


def test_a_text_that_asks_the_database_asks_each_time(empty: URL) -> None:
    known = KnownTexts()
    text = f'n = op.get_bind().scalar(sa.text("{TABLES}"))\nop.execute(f"CREATE TABLE t{{n}} ()")'
    with text_session.open_session(empty, known) as session:
        session.run(text, text)
        assert session.query(TABLES) == [(2,)]


def test_what_is_sent_together_says_why_it_is_refused(empty: URL) -> None:
    known = KnownTexts()
    texts = ["op.execute('CREATE TABLE t ()')", "op.execute('CREATE TABLE u ()')"]
    with text_session.open_session(empty, known) as session:
        assert session.attempt(texts) is None
        refused = session.attempt(texts)
        assert refused is not None
        assert refused.code == SqlState.DUPLICATE_TABLE
        assert refused.description == 'relation "t" already exists'
        session.run("op.execute('CREATE TABLE v ()')")
        assert session.query(TABLES) == [(3,)]


def test_definitions_are_sent_together_in_their_places(empty: URL) -> None:
    """A statement in SQL comes after the definitions before it, and is sent at once."""
    sent: list[str] = []
    texts = [
        "op.create_table('t', sa.Column('a', sa.Text, comment='5 % :a'), comment='it''s')",
        "op.create_index('i', 't', ['a'])",
        "op.execute('ALTER TABLE t RENAME TO u')",
        "op.drop_index('i', 'u')\nop.create_index('i', 'u', ['a'], unique=True)",
    ]
    with text_session.open_session(empty, known := KnownTexts()) as session:
        event.listen(
            session.connection, "before_cursor_execute", lambda *given: sent.append(given[2])
        )
        session.run(*texts)
        assert [text.split()[0] for text in sent] == ["CREATE", "ALTER", "DROP"]
        assert session.query("SELECT col_description('u'::regclass, 1)") == [("5 % :a",)]
        assert session.query("SELECT indisunique FROM pg_index") != [(False,)]
    assert [len(known.executed[text]) for text in texts] == [3, 1, 1, 2]


def test_a_definition_that_waits_is_not_sent_after_a_refusal(empty: URL) -> None:
    with text_session.open_session(empty) as session:
        wrong = ["op.create_table('t')", "op.create_index('i', 'nowhere', ['a'])"]
        refused = session.attempt(wrong)
        assert refused is not None
        assert refused.description == 'relation "nowhere" does not exist'
        assert session.attempt(["op.create_table('t')", "nonsense"]) is not None
        assert session.attempt(["op.create_table('u')"]) is None
        assert session.query("SELECT relname FROM pg_class WHERE relname IN ('t', 'u')") == [("u",)]
