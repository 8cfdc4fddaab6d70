"""Write declarations into a module of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic_pg.adopt.declaration import Declaration

_DOCSTRING = '"""Objects that were there before a model declared them."""'


def module_source(declarations: Sequence[Declaration], module: str, metadata: str) -> str:
    """Return the module's source.

    declarations: in the order in which they can be made. module, metadata: where the models'
    MetaData is, and its expression there.
    """
    kinds = {kind for one in declarations if (kind := one.entity_class) is not None}
    imports = sorted(f"from {kind.__module__} import {kind.__name__}" for kind in kinds)
    if any(one.entity_class is None for one in declarations):
        imports += ["from sqlalchemy import DDL, event", ""]
        imports.append(f"from {module} import {metadata.partition('.')[0]}")
    parts = [_DOCSTRING, "\n".join(imports), *(one.source(metadata) for one in declarations)]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"
