"""Find what a project's modules change in SQLAlchemy for the whole process.

That is an event listener on a class, as every Table, or another form of one of SQLAlchemy's own
constructs (``@compiles``): both are at work in each revision of a process that has imported them.
"""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Table
from sqlalchemy.sql.visitors import Visitable

from alembic_pg.database.digest import PACKAGE_FOLDER, Digest

if TYPE_CHECKING:
    from collections.abc import Iterator

# The attribute of a class in which @compiles keeps its functions.
_COMPILER = "_compiler_dispatcher"

# The events of an Engine whose listeners may change a statement.
_EXECUTION = ("before_execute", "before_cursor_execute")


@dataclass(frozen=True, order=True)
class ProcessWideChange:
    """Hold a change that a module makes.

    module, file: where it is made. text: what it changes, as a person says it.
    """

    module: str
    file: str
    text: str


def project_changes() -> list[ProcessWideChange]:
    """Return what modules that are not installed have changed, each once, in order."""
    return sorted({*_listeners(), *_compilers()})


def changes_digest() -> str:
    """Return what tells the changes of a process from those of another, "" where there are none."""
    changes = project_changes()
    if not changes:
        return ""
    digest = Digest(*(f"{change.module} {change.text}" for change in changes))
    for file in sorted({change.file for change in changes}):
        digest.add_file(file, file)
    return digest.value


def _listeners() -> Iterator[ProcessWideChange]:
    """Yield the listeners on SQLAlchemy's own classes, of schemas and of statements."""
    for target, events in ((Table, Table.dispatch._event_names), (Engine, _EXECUTION)):  # noqa: SLF001  # no public name
        for event in events:
            levels = getattr(target.dispatch, event)._clslevel  # noqa: SLF001  # no public name
            for kind, functions in list(levels.items()):
                for function in functions:
                    if kind.__module__.startswith("sqlalchemy."):
                        yield from _change(function, f"every {kind.__name__} ({event})")


def _compilers() -> Iterator[ProcessWideChange]:
    """Yield the functions that print SQLAlchemy's own types and statements in another way."""
    for kind in set(_subclasses(Visitable)):
        compiler = kind.__dict__.get(_COMPILER)
        if compiler is not None and kind.__module__.startswith("sqlalchemy."):
            for function in compiler.specs.values():
                yield from _change(function, f"the SQL of {kind.__name__} (@compiles)")


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


def _change(function: Any, text: str) -> Iterator[ProcessWideChange]:  # noqa: ANN401  # any callable
    """Yield the change that a function makes, unless it was installed or is the engine's."""
    module = getattr(function, "__module__", None) or ""
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    paths = sysconfig.get_paths()
    installed = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    if not file.startswith((*installed, str(PACKAGE_FOLDER))):
        # An annotated class is SQLAlchemy's own copy of another.
        yield ProcessWideChange(module, file, text.replace("Annotated", ""))
