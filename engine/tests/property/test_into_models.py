"""What is done by hand at random goes into the models where they can say it, and nothing else."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from alembic_pg.testing import state
from hypothesis import given
from hypothesis import strategies as st
from tests.commands.own import own
from tests.property.many import examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree

# Each line that something may be done to has its own name in it, and the others have a comment.
CLASSES = '''\
"""Classes, with annotations and without."""  # stays

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

LIMIT = 20  # stays


class Person(Base):
    """Who is known."""  # stays

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_check"),
        Index("person_code_idx", "code"),
        UniqueConstraint("code", "word", name="person_code_word_key"),
        {"comment": "Who"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)  # stays: id
    word: Mapped[str] = mapped_column(String(LIMIT))  # stays: word
    code: Mapped[str | None]  # stays: code
    amount: Mapped[int] = mapped_column(server_default="1")  # stays: amount
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # stays: boss_id

    def name(self) -> str:  # stays
        return f"{self.word} {self.id}"  # stays


class OddName(Base):
    __tablename__ = 'Odd "Name" 50%: ü'

    id = Column(Integer, primary_key=True)  # stays: id
    word = Column("my Word", String(9), nullable=False)  # stays: word
    code = Column("50%: ä", String(), index=True)  # stays: code
    amount = Column("select", Integer(), server_default="7")  # stays: amount
    boss_id = Column('the "boss"', ForeignKey("person.id"))  # stays: boss_id
'''

TABLES = '''\
"""A table, as before there were classes."""  # stays

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table

from models.base import Base

plain = Table(
    "plain",
    Base.metadata,
    Column("id", Integer, primary_key=True),  # stays: id
    Column("word", String(9), nullable=False),  # stays: word
    Column("code", String(), index=True),  # stays: code
    Column("amount", Integer(), server_default="7"),  # stays: amount
    Column("boss_id", ForeignKey("person.id")),  # stays: boss_id
    CheckConstraint("amount > 0", name="positive"),
    comment="Plain",
)
'''

# Of a table: its name, and those of its columns: word, code, amount and boss_id.
NAMES = {
    "person": ("word", "code", "amount", "boss_id"),
    'Odd "Name" 50%: ü': ("my Word", "50%: ä", "select", 'the "boss"'),
    "plain": ("word", "code", "amount", "boss_id"),
}

# What is there to be taken away: a CHECK, an index and a UNIQUE, "" where there is none.
THERE = {
    "person": ("person_amount_check_check", "person_code_idx", "person_code_word_key"),
    'Odd "Name" 50%: ü': ("", "", ""),
    "plain": ("plain_positive_check", "plain_code_idx", ""),
}

# What is done to a table t with the columns w, c, a and b; n is a name that is new. Of each pair
# of the same topic one at most is done.
CHANGES = (
    ("new", "ALTER TABLE {t} ADD {n} text"),
    ("new", "ALTER TABLE {t} ADD {n} timestamptz NOT NULL DEFAULT now()"),
    ("new", "ALTER TABLE {t} ADD {n} numeric(8,2) DEFAULT 1.5"),
    ("new", "ALTER TABLE {t} ADD {n} int[] NOT NULL DEFAULT '{{}}'"),
    ("new", "ALTER TABLE {t} ADD {n} jsonb; COMMENT ON COLUMN {t}.{n} IS 'a \"b\" ''c'' 5%: \\x'"),
    ("a type", "ALTER TABLE {t} ADD {n} bigint GENERATED ALWAYS AS ({a} * 2) STORED"),
    ("new", "ALTER TABLE {t} ADD {n} uuid UNIQUE"),
    ("w type", "ALTER TABLE {t} ALTER {w} TYPE varchar(30)"),
    ("w type", "ALTER TABLE {t} ALTER {w} TYPE text"),
    ("w default", "ALTER TABLE {t} ALTER {w} SET DEFAULT 'it''s 5%: \"x\" \\n'"),
    ("w null", "ALTER TABLE {t} ALTER {w} DROP NOT NULL"),
    ("w comment", "COMMENT ON COLUMN {t}.{w} IS 'by hand: 50% of \"it\"'"),
    ("c null", "ALTER TABLE {t} ALTER {c} SET NOT NULL"),
    ("c index", "CREATE INDEX {n} ON {t} (lower({c}) DESC)"),
    ("c index", "CREATE INDEX {n} ON {t} USING hash ({c})"),
    ("c index", "CREATE UNIQUE INDEX {n} ON {t} ({c}, {a}) WHERE {a} > 5"),
    ("c index", "CREATE INDEX {n} ON {t} ({c}) INCLUDE ({w})"),
    ("a default", "ALTER TABLE {t} ALTER {a} DROP DEFAULT"),
    ("a default", "ALTER TABLE {t} ALTER {a} SET DEFAULT 12"),
    ("a type", "ALTER TABLE {t} ALTER {a} TYPE bigint"),
    ("check", "ALTER TABLE {t} ADD CONSTRAINT {n} CHECK ({a} < 900 AND {w} <> '5%: x')"),
    ("unique", "ALTER TABLE {t} ADD CONSTRAINT {n} UNIQUE ({w}, {a})"),
    (
        "key",
        "ALTER TABLE {t} ADD CONSTRAINT {n} FOREIGN KEY ({a}) REFERENCES person ON DELETE CASCADE",
    ),
    ("comment", "COMMENT ON TABLE {t} IS 'said by hand, 5%: \"it\"'"),
    ("comment", "COMMENT ON TABLE {t} IS NULL"),
)


@dataclass(frozen=True)
class ByHand:
    """A change by hand, and what one of its lines has that may go from a file of the models."""

    statement: str
    marks: tuple[str, ...]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def changes_of(table: str) -> dict[str, list[ByHand]]:
    """Return what can be done to a table, by topic."""
    word, code, amount, boss = NAMES[table]
    check, index, unique = THERE[table]
    found: dict[str, list[ByHand]] = {}
    own = {"w": quoted(word), "c": quoted(code), "a": quoted(amount), "t": quoted(table)}
    attributes = {"w": "word", "c": "code", "a": "amount"}
    for number, (topic, statement) in enumerate(CHANGES):
        name = quoted(f"n{number} {table[:3]} ü%:")
        marks: tuple[str, ...] = ("comment=", '"comment"') if topic == "comment" else ()
        if topic[1:2] == " ":
            marks = (f"stays: {attributes[topic[0]]}",)
        place = f"{topic}{number if topic == 'new' else ''}"
        found.setdefault(place, []).append(ByHand(statement.format(n=name, **own), marks))
    gone = {
        "check gone": check and f"ALTER TABLE {own['t']} DROP CONSTRAINT {quoted(check)}",
        "c gone": index and f"DROP INDEX {quoted(index)}",
        "unique gone": unique and f"ALTER TABLE {own['t']} DROP CONSTRAINT {quoted(unique)}",
    }
    marks = ("stays: code", "CheckConstraint(", "Index(", "UniqueConstraint(")
    for topic, statement in gone.items():
        if statement:
            found[topic] = [ByHand(statement, marks)]
    dropped = f"ALTER TABLE {own['t']} DROP {quoted(boss)}"
    found["column gone"] = [ByHand(dropped, ("stays: boss_id",))]
    return found


TOPICS = [
    [(one, at) for at, one in enumerate(made)]
    for table in NAMES
    for made in changes_of(table).values()
]


@pytest.fixture
def project(tree: Tree, databases: ScratchServer) -> Iterator[tuple[Tree, str]]:
    """A tree of two modules, and a database at its revision."""
    for file in (*tree.versions.glob("*.py"), *(tree.root / "models").glob("*.py")):
        if file.name not in {"__init__.py", "base.py"}:
            file.unlink()
    (tree.root / "alembic" / "ledger").unlink(missing_ok=True)
    (tree.root / "alembic" / "ledger-tables").unlink(missing_ok=True)
    (tree.root / "models" / "classes.py").write_text(CLASSES)
    (tree.root / "models" / "tables.py").write_text(TABLES)
    template = databases.create()
    at = tree.on(databases.database_url(template))
    for command in (["revision", "--autogenerate", "-m", "first"], ["upgrade", "head"]):
        done = at.alembic(*command)
        assert done.code == 0, done
    yield tree, template
    databases.drop(template)


@contextmanager
def fresh(tree: Tree) -> Iterator[dict[str, str]]:
    """Yield the models' sources; what was changed and made beside them goes at the end."""
    folder = tree.root / "models"
    before = {file.name: file.read_text() for file in folder.glob("*.py")}
    revisions = set(tree.versions.glob("*.py"))
    try:
        yield before
    finally:
        for file in folder.glob("*.py"):
            _restore(file, before.get(file.name))
        for file in set(tree.versions.glob("*.py")) - revisions:
            file.unlink()


def _restore(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.write_text(text)


@examples(few=3)
@given(st.data())
def test_what_models_can_say_goes_into_their_source(
    project: tuple[Tree, str], databases: ScratchServer, data: st.DataObject
) -> None:
    topics = data.draw(
        st.lists(st.sampled_from(range(len(TOPICS))), min_size=1, max_size=6, unique=True)
    )
    by_hand = [data.draw(st.sampled_from(TOPICS[topic]))[0] for topic in topics]
    tree, template = project
    name = databases.create(template)
    url = databases.database_url(name)
    tree = tree.on(url)
    with fresh(tree) as before:
        state.execute(url, *(one.statement.replace(":", "\\:") for one in by_hand))
        statements = [one.statement for one in by_hand]
        done = own(tree, "drift", "--into-models", "models/by_hand.py")
        assert (done.code, done.err) == (0, ""), (statements, done)
        assert "Not declared" not in done.out, (statements, done.out)
        assert not (tree.root / "models" / "by_hand.py").exists(), (statements, done.out)
        marks = [mark for one in by_hand for mark in one.marks]
        for file, text in before.items():
            after = (tree.root / "models" / file).read_text()
            gone = _lines_gone(text, after)
            assert all(any(mark in line for mark in marks) for line in gone), (statements, gone)
            assert after.count("# stays") >= text.count("# stays") - sum(
                "boss_id" in mark for mark in marks
            ), (statements, after)
        # They say now what is there: a revision that nothing runs leads to it.
        made = tree.alembic("revision", "--autogenerate", "-m", "by hand")
        assert made.code == 0, (statements, made)
        assert tree.alembic("stamp", "head").code == 0
        found = own(tree, "drift")
        assert found.code == 0, (statements, found)
        assert tree.alembic("check").code == 0, statements
    databases.drop(name)


def _lines_gone(before: str, after: str) -> list[str]:
    """Return the lines that a text has no more, but for imports, which are written anew."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    gone = [line[2:] for line in lines if line.startswith("- ")]
    return [line for line in gone if "import" not in line and "__table_args__" not in line]
