"""Any two edits of a schema as two branches: the proof of a move says what PostgreSQL does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.commands import own_command
from alembic_pg.database.scratch import SCRATCH_VARIABLE, scratch_server
from alembic_pg.ledger.history import History
from alembic_pg.ledger.state import state_of_dump
from alembic_pg.rebase.move import Move
from alembic_pg.rebase.prove import prove_move
from hypothesis import assume, event, given, note
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from tests.matrix.case import load
from tests.matrix.databases import build, create_built, differing
from tests.matrix.inside import run, write
from tests.property.grammar import LEAVES, Schema
from tests.property.many import examples

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from alembic_pg.alembic_command import AlembicCommand
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.rebase.prove import Proof
    from tests.matrix.inside import Change

INI = "[alembic]\nscript_location = %(here)s/alembic\n"
ENV = "from alembic_pg import environment\n\nenvironment.run(metadata=None)\n"
REVISION = '''"""{name}"""
import sqlalchemy as sa
from alembic import op

revision = {name!r}
down_revision = {down!r}


def upgrade():
    exec({up!r}, {{"op": op, "sa": sa}})


def downgrade():
    exec({back!r}, {{"op": op, "sa": sa}})
'''


@st.composite
def forks(draw: st.DrawFn) -> tuple[Schema, Schema, Schema]:
    """Draw a schema, and twice the same with some of its leaves drawn anew."""
    old = draw(st.fixed_dictionaries(LEAVES))
    some = st.lists(st.sampled_from(sorted(LEAVES)), min_size=1, max_size=3, unique=True)
    mine, theirs = ({leaf: draw(LEAVES[leaf]) for leaf in draw(some)} for _ in range(2))
    return Schema(old), Schema({**old, **mine}), Schema({**old, **theirs})


@examples(2)
@given(fork=forks())
def test_both_orders(
    databases: ScratchServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fork: tuple[Schema, Schema, Schema],
) -> None:
    base, mine, theirs = (schema.source() for schema in fork)
    assume(base not in {mine, theirs})
    note(f"base:\n{base}\nmine:\n{mine}\ntheirs:\n{theirs}")
    monkeypatch.setenv(SCRATCH_VARIABLE, databases.url.render_as_string(hide_password=False))
    empty = databases.create()
    begun = write(databases, empty, {}, load(base))
    template = str(create_built(databases, load(base)).database)
    old = pg_dump.dump_database(databases.database_url(template))
    changes = {
        name: write(databases, template, old, load(source))
        for name, source in (("mine", mine), ("theirs", theirs))
    }
    new_order, other_order = (
        _plainly(databases, template, [changes[name].up for name in order])
        for order in (("theirs", "mine"), ("mine", "theirs"))
    )
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    proof = _proof(folder, {"first": begun, **changes})

    assert proof.fails_here == (new_order is None), proof.fails
    assert bool(proof.fails) == (new_order is None or other_order is None)
    if new_order is None:
        event("fails in its new place")
        return
    assert proof.states["mine"].after == state_of_dump(new_order)
    if other_order is not None:
        assert bool(proof.differences) == bool(list(differing(new_order, other_order)))
    # What one branch would have that made both edits.
    merged = {**fork[2].leaves}
    merged |= {leaf: new for leaf, new in fork[1].leaves.items() if new != fork[0].leaves[leaf]}
    one_branch = build(databases, load(Schema(merged).source()))
    same = not list(differing(new_order, one_branch))
    event(f"{'commute' if proof.commutes else 'do not commute'}, as in one branch: {same}")
    databases.drop(template)


def _plainly(databases: ScratchServer, template: str, sources: list[str]) -> Dump | None:
    """Return what revisions make of a database one after the other, None where one fails."""
    url = databases.database_url(databases.create(template))
    try:
        for source in sources:
            run(url, source)
        return pg_dump.dump_database(url)
    except DBAPIError:
        return None
    finally:
        databases.drop(str(url.database))


def _proof(folder: Path, changes: dict[str, Change]) -> Proof:
    """Write the revisions, of which all but the first come after it, and prove the move."""
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    (folder / "alembic" / "env.py").write_text(ENV)
    for name, change in changes.items():
        text = REVISION.format(
            name=name,
            down=None if name == "first" else "first",
            up=change.up,
            back=change.down,
        )
        (versions / f"{name}.py").write_text(text)
    config = Config(folder / "alembic.ini")
    history = History(config, ScriptDirectory.from_config(config))
    own, theirs = history.revisions["mine"], history.revisions["theirs"]
    move = Move(history, "main", (own,), "first", "theirs", (theirs,))
    found: list[Proof] = []

    def prove(task: AlembicCommand, _: object) -> None:
        with scratch_server(task.root) as databases:
            found.append(prove_move(task, databases, move))

    own_command.load_environment(config, own_command.OwnCommand("rebase", prove, on_target=False))
    return found[0]
