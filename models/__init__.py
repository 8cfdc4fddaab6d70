"""The schema: importing this package imports every module below it.

A table counts because its file is here; no list of imports can forget one.
"""

from __future__ import annotations

import importlib
import pkgutil

from models.base import Base

__all__ = ["Base", "ModelImportError"]


class ModelImportError(ImportError):
    """A module of the models cannot be imported; the text names it and says why."""


def _import_submodules() -> None:
    """Import every module and package below ``models``.

    Raises ModelImportError with the module's name and the first reason.
    """
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ModelImportError(
                f"{module.name} cannot be imported: {type(error).__name__}: {reason}",
                name=module.name,
            ) from error


_import_submodules()
