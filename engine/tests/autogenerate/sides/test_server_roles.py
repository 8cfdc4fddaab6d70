"""Roles that the models make are named, since no revision makes them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from alembic_pg.autogenerate.sides import desired
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.autogenerate.sides.server_roles import roles_of_models
from sqlalchemy import MetaData, event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.scratch import ScratchServer
    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

ROLE = "made_by_models"
SAYS = f"""
from sqlalchemy import DDL, event
from models.base import Base

event.listen(Base.metadata, "before_create", DDL(
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
    "THEN CREATE ROLE {ROLE}; END IF; END $$"
))
"""
NAMED = (
    f"The models make the role {ROLE} on the whole server, which no revision does: make it on each "
    "server before an upgrade, or in a revision by hand.\n"
)


@pytest.fixture(autouse=True)
def _no_role_stays(databases: ScratchServer) -> Iterator[None]:
    yield
    databases.connection.execute(text(f"DROP ROLE IF EXISTS {ROLE}"))


def built_statements(url: URL, metadata: MetaData) -> list[str]:
    built = desired.build_models(load_models(metadata, ()), url, source="the tests")
    return [step.text for step in built]


def test_one_that_a_listener_asks_for_is_found_each_time(databases: ScratchServer) -> None:
    metadata = MetaData()
    script: Any = SimpleNamespace(walk_revisions=list)

    @event.listens_for(metadata, "before_create")
    def role(_: object, connection: Any, **__: object) -> None:  # noqa: ANN401  # any listener's
        asked = text("SELECT count(*) FROM pg_roles WHERE rolname = :name")
        if not connection.scalar(asked, {"name": ROLE}):
            connection.execute(text(f"CREATE ROLE {ROLE}"))

    for _ in range(2):  # the second time the server has it
        statements = built_statements(databases.database_url(databases.create()), metadata)
        assert roles_of_models(databases.connection, statements, script) == [ROLE]
    assert roles_of_models(databases.connection, ["SELECT 1", f"GRANT x TO {ROLE}"], script) == []


def test_it_is_named_until_a_revision_makes_it(tree: Tree) -> None:
    (tree.root / "models" / "made.py").write_text(SAYS)
    done = tree.alembic("check")
    assert done.code == 0, done.err
    assert done.err == NAMED
    done = tree.alembic("revision", "-m", "make a role")
    assert done.code == 0, done.err
    (file,) = tree.versions.glob("*make_a_role.py")
    made = f'    __import__("alembic").op.execute("CREATE ROLE {ROLE}")\n'
    file.write_text(file.read_text().replace("    pass\n", made, 1))
    done = tree.alembic("check")
    assert NAMED not in done.err
