"""The cases of the matrix, a module for each kind of object."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.matrix.case import Case


# Modules that are newer than the last whole run, which wrote docs/matrix.md. The next one takes
# them in: none is named here then.
NEWER: set[str] = set()


def every() -> list[Case]:
    """Return the cases of all modules here."""
    return _cases_of(module.name for module in pkgutil.iter_modules(__path__))


def documented() -> list[Case]:
    """Return the cases that docs/matrix.md has."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return _cases_of(name for name in names if name not in NEWER)


def _cases_of(names: Iterable[str]) -> list[Case]:
    found: list[Case] = []
    for name in names:
        found += importlib.import_module(f"{__name__}.{name}").CASES
    return found
