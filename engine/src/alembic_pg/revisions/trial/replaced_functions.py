"""Find the functions of SQLAlchemy and Alembic that a project has replaced by its own."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_PATCHED = ("alembic", "sqlalchemy")

# Types of what is in a class and is no function.
_PLAIN = frozenset({bool, dict, int, list, set, str, tuple, type})

# Of these the schema that the models build depends, where a revision says what it is.
_OF_SCHEMAS = (
    "sqlalchemy.dialects",
    "sqlalchemy.ext",
    "sqlalchemy.orm",
    "sqlalchemy.schema",
    "sqlalchemy.sql",
    "sqlalchemy.types",
)


def replaced_functions() -> Iterator[tuple[FunctionType, str]]:
    """Yield each function of others in SQLAlchemy's and Alembic's modules and classes.

    With it goes its place, "alembic.ddl.impl.DefaultImpl.create_table".
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _PATCHED and module is not None:
            yield from _in_module(name, module)


def concerns_schemas(place: str) -> bool:
    """Return whether what is replaced decides what tables become, and not how statements run."""
    return place.startswith(_OF_SCHEMAS)


def _in_module(name: str, module: ModuleType) -> Iterator[tuple[FunctionType, str]]:
    for attribute, value in list(vars(module).items()):
        if isinstance(value, FunctionType):
            if _is_foreign(value):
                yield value, f"{name}.{attribute}"
        elif isinstance(value, type) and value.__module__ == name:
            for member, function in list(vars(value).items()):
                if function is None or type(function) in _PLAIN:
                    continue  # most of tens of thousands
                plain = getattr(function, "__func__", None) or getattr(function, "fget", function)
                if isinstance(plain, FunctionType) and _is_foreign(plain):
                    yield plain, f"{name}.{value.__qualname__}.{member}"


def _is_foreign(function: FunctionType) -> bool:
    return str(function.__module__).partition(".")[0] not in _PATCHED
