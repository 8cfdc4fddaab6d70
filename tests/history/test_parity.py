"""The revisions build what the models say, with PostgreSQL as the judge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump as dump_pg_dump
from alembic_pg.autogenerate.sides import desired
from alembic_pg.autogenerate.sides.models import load_models
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL, Engine

# What the schema is made of; a dump without one of them was not read whole.
KINDS = {
    "ACL",
    "CHECK CONSTRAINT",
    "COMMENT",
    "CONSTRAINT",
    "EXTENSION",
    "FK CONSTRAINT",
    "FUNCTION",
    "INDEX",
    "MATERIALIZED VIEW",
    "POLICY",
    "ROW SECURITY",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "VIEW",
}

# Small differences, each of which both readers must see.
DIFFERENCES = (
    "ALTER TABLE posts ALTER COLUMN published SET DEFAULT false",
    "ALTER TABLE posts SET (fillfactor = 90)",
    "ALTER TABLE posts DROP CONSTRAINT posts_title_length_check",
    "ALTER TABLE posts ADD CONSTRAINT posts_title_length_check CHECK (char_length(title) < 300)",
    "ALTER TABLE posts ALTER COLUMN id SET GENERATED ALWAYS",
    "ALTER TABLE users ALTER COLUMN created_at TYPE timestamptz(3)",
    "ALTER TABLE votes ALTER COLUMN direction DROP NOT NULL",
    "COMMENT ON COLUMN votes.direction IS 'up or down'",
    "ALTER TABLE users DISABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "ALTER POLICY users_own_row ON users WITH CHECK (true)",
    "REVOKE SELECT (title) ON posts FROM posts_api",
    "ALTER FUNCTION touch_updated_at() RESET search_path",
    "ALTER TABLE posts DISABLE TRIGGER posts_touch_updated_at",
    "ALTER VIEW post_scores SET (security_invoker = true)",
    "DROP INDEX author_stats_owner_id_idx",
    "CREATE INDEX author_stats_owner_id_idx ON author_stats (owner_id)",
)


@pytest.fixture
def from_models(databases: ScratchServer) -> Iterator[URL]:
    """A database built by create_all() and the entities."""
    name = databases.create()
    url = databases.database_url(name)
    desired.build_models(load_models("models"), url, source="the test")
    yield url
    databases.drop(name)


@pytest.fixture
def from_revisions(project: Tree, empty: URL) -> URL:
    """A database built by the command `alembic upgrade head`."""
    done = project.alembic("upgrade", "head")
    assert done.code == 0, done.err
    return empty


def test_the_revisions_build_what_the_models_say(
    from_models: URL, from_revisions: URL, pg_dump: Callable[[URL], str]
) -> None:
    models, revisions = (
        dump_pg_dump.dump_database(from_models),
        dump_pg_dump.dump_database(from_revisions),
    )
    assert comparable(revisions) == comparable(models)
    assert {entry.kind for entry in models.values()} >= KINDS
    # Once more by the plain text, which shares nothing with the reader above.
    plain = sections(pg_dump(from_models))
    assert sections(pg_dump(from_revisions)) == plain
    # It has the CHECK constraints inside their tables, and a preamble.
    checks = sum(entry.kind == "CHECK CONSTRAINT" for entry in models.values())
    assert len(plain) == len(models) - checks + 1


def test_no_difference_is_too_small_to_be_seen(
    engine: Engine, pg_dump: Callable[[URL], str], subtests: pytest.Subtests
) -> None:
    entries, plain = (
        comparable(dump_pg_dump.dump_database(engine.url)),
        sections(pg_dump(engine.url)),
    )
    for statement in DIFFERENCES:
        with engine.begin() as connection:
            connection.execute(text(statement))
        changed_entries = comparable(dump_pg_dump.dump_database(engine.url))
        changed_plain = sections(pg_dump(engine.url))
        with subtests.test(statement=statement):
            assert changed_entries != entries
            assert changed_plain != plain
        entries, plain = changed_entries, changed_plain


def comparable(entries: Dump) -> dict[str, tuple[str, str, frozenset[str]]]:
    """Return what counts of each entry, without an order."""
    return {key: (entry.text, entry.drop, frozenset(entry.needs)) for key, entry in entries.items()}


def sections(plain: str) -> list[list[str]]:
    """Return the objects of a plain dump, sorted, each as its lines.

    A table's lines are sorted as well: the order of columns is no difference.
    """
    found = []
    for section in re.split(r"^--\n-- (?=Name: )", plain, flags=re.MULTILINE):
        # The session's settings stand before the first table, whichever that is.
        lines = [line for line in section.splitlines() if not line.startswith("SET default_")]
        lines = [line for line in lines if line not in {"", "--"}]
        if "; Type: TABLE; " in lines[0]:
            lines = sorted(line.removesuffix(",") for line in lines)
        found.append(lines)
    return sorted(found)
