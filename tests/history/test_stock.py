"""Stock Alembic's own verdict on the models, where the revisions were applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic_pg.autogenerate.sides.models import load_models
from alembic_pg.commands.autogenerate import silence_alembic_utils, silence_comparators
from alembic_pg.comparator_names import ALEMBIC_COMPARATORS
from sqlalchemy import MetaData

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


def test_stock_alembic_finds_nothing(engine: Engine) -> None:
    metadata = load_models("models").metadata
    assert isinstance(metadata, MetaData)
    silence_alembic_utils()
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "autogenerate_plugins": ALEMBIC_COMPARATORS,
        "target_metadata": metadata,
        "include_schemas": False,
    }
    with engine.connect() as connection, silence_comparators():
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
