"""Find what a project's modules change in SQLAlchemy for the whole process.

That is an event listener on a class, as every Table, another form of one of SQLAlchemy's own
constructs (``@compiles``), or a function in the place of one of SQLAlchemy's or Alembic's: all are
at work in each revision of a process that has imported them.
"""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from alembic.ddl import impl
from sqlalchemy import Engine, Pool, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.visitors import Visitable

from alembic_pg.database.digest import PACKAGE_FOLDER, Digest
from alembic_pg.revisions.trial.replaced_functions import concerns_schemas, replaced_functions

if TYPE_CHECKING:
    from collections.abc import Iterator

# The attribute of a class in which @compiles keeps its functions.
_COMPILER = "_compiler_dispatcher"

# The events of an Engine whose listeners may change a statement, or what it meets.
_EXECUTION = ("before_execute", "before_cursor_execute", "begin", "engine_connect")

# Those of a new connection, by which it gets a role or settings, and what a person calls it.
_CONNECTING = (
    (Pool, ("connect", "first_connect", "checkout")),
    (Dialect, ("do_connect", "do_execute", "do_execute_no_params")),
)


@dataclass(frozen=True, order=True)
class ProcessWideChange:
    """Hold a change that a module makes.

    module, file: where it is made. text: what it changes, as a person says it.
    makes_schema: whether it is at work in what becomes of tables, which a comparison sees; else in
    how statements run.
    """

    module: str
    file: str
    text: str
    makes_schema: bool = True


def project_changes() -> list[ProcessWideChange]:
    """Return what modules that are not installed have changed, each once, in order."""
    return sorted({*_listeners(), *_connection_listeners(), *_compilers(), *_replacements()})


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
                        text = f"every {kind.__name__} ({event})"
                        yield from _change(function, text, makes_schema=target is Table)


def _connection_listeners() -> Iterator[ProcessWideChange]:
    """Yield the listeners on all connections."""
    for target, events in _CONNECTING:
        for event in events:
            for function in getattr(target.dispatch, event)._clslevel.get(target, ()):  # noqa: SLF001  # as above
                yield from _change(function, f"every connection ({event})", makes_schema=False)


def _compilers() -> Iterator[ProcessWideChange]:
    """Yield the functions that print SQLAlchemy's own types and statements in another way."""
    for kind in set(_subclasses(Visitable)):
        compiler = kind.__dict__.get(_COMPILER)
        if compiler is not None and kind.__module__.startswith("sqlalchemy."):
            for function in compiler.specs.values():
                yield from _change(function, f"the SQL of {kind.__name__} (@compiles)")


def _replacements() -> Iterator[ProcessWideChange]:
    """Yield the functions in the place of SQLAlchemy's or Alembic's, and an ``impl``."""
    for function, place in replaced_functions():
        if function.__module__ in sys.modules:  # not of a class that was made on the way
            yield from _change(function, place, makes_schema=concerns_schemas(place))
    registered = impl._impls["postgresql"]  # noqa: SLF001  # no public name
    yield from _change(registered, "Alembic's operations on PostgreSQL", makes_schema=False)


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


def _change(function: Any, text: str, *, makes_schema: bool = True) -> Iterator[ProcessWideChange]:  # noqa: ANN401  # any callable
    """Yield the change that a function makes, unless it was installed or is the engine's."""
    module = getattr(function, "__module__", None) or ""
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    if not file.startswith(_folders_of_others()):
        # An annotated class is SQLAlchemy's own copy of another.
        yield ProcessWideChange(module, file, text.replace("Annotated", ""), makes_schema)


@cache
def _folders_of_others() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    installed = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return (*installed, str(PACKAGE_FOLDER))
