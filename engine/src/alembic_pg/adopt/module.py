"""Write declarations into a module of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.adopt.declaration import Declaration

_MODULES = {
    "PGExtension": "pg_extension",
    "PGFunction": "pg_function",
    "PGMaterializedView": "pg_materialized_view",
    "PGPolicy": "pg_policy",
    "PGTrigger": "pg_trigger",
    "PGView": "pg_view",
}

_DOCSTRING = '"""Objects that were there before a model declared them."""'


def module_source(declarations: Sequence[Declaration], module: str, metadata: str) -> str:
    """Return the module's source.

    declarations: in the order in which they can be made. module, metadata: where the models'
    MetaData is, and its expression there.
    """
    names = sorted({one.class_name for one in declarations} - {"DDL"})
    imports = [f"from alembic_utils.{_MODULES[name]} import {name}" for name in names]
    if any(one.class_name == "DDL" for one in declarations):
        imports += ["from sqlalchemy import DDL, event", ""]
        imports.append(f"from {module} import {metadata.partition('.')[0]}")
    parts = [_DOCSTRING, "\n".join(imports), *(one.source(metadata) for one in declarations)]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"
