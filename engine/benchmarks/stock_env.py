"""The env.py of stock Alembic with alembic-utils, for comparison."""

from __future__ import annotations

import importlib
import os
import pkgutil

from alembic import context
from alembic_utils.replaceable_entity import ReplaceableEntity, register_entities
from sqlalchemy import create_engine

package = importlib.import_module("models")
entities = [
    value
    for module in pkgutil.iter_modules(package.__path__, "models.")
    for value in vars(importlib.import_module(module.name)).values()
    if isinstance(value, ReplaceableEntity)
]
if entities:
    register_entities(entities)

with create_engine(os.environ["STOCK_URL"]).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=package.Base.metadata,
        compare_server_default=True,
        autogenerate_plugins=[
            "alembic.autogenerate.*",
            "alembic.ext.checkconstraint_byname",
        ],
    )
    with context.begin_transaction():
        context.run_migrations()
