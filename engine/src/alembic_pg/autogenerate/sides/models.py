"""Find what the models declare: from the name of their package, or from what env.py hands over."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_utils.replaceable_entity import registry
from sqlalchemy import MetaData

from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides import entities
from alembic_pg.console import status
from alembic_pg.errors import UserError, refuse_exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from alembic_utils.replaceable_entity import ReplaceableEntity

    from alembic_pg.alembic_command import MetadataSource

# So many tables are named.
_MAX_NAMED = 3


def load_models(
    metadata: MetadataSource | None, given: Sequence[ReplaceableEntity] | None = None
) -> Models:
    """Return the tables and entities that the models declare.

    metadata: a MetaData, several, or the name of a package or module, which is imported here.
    given: the entities; None for those that the package's modules hold, and those that are
    registered with alembic-utils.
    Raises UserError naming the module that cannot be imported, and why; when there is no MetaData;
    when two of them declare the same table; for an entity that alembic-utils cannot make; or
    for a table that was moved.
    """
    if metadata is None:
        raise UserError(
            "env.py hands no models over: name their package there, "
            'environment.run(metadata="models"), or hand their MetaData over.'
        )
    if isinstance(metadata, str):
        with status.doing("Importing the models"):
            found = _find_metadata(metadata, _import_package(metadata))
    else:
        found = _as_metadata(metadata)
    if given is None:
        given = entities.find_entities(metadata if isinstance(metadata, str) else "")
        given = entities.sort_entities([*given, *registry.entities()])
    entities.refuse_dotted_schemas(given)
    _refuse_same_table(found)
    refuse_moved_tables(found)
    return Models(found[0] if len(found) == 1 else found, tuple(given))


def _as_metadata(given: object) -> tuple[MetaData, ...]:
    """Return what env.py hands over as objects; a Base stands for its MetaData.

    Raises UserError for what is neither.
    """
    several = given if isinstance(given, Iterable) else (given,)
    found = []
    for one in several:
        metadata = one if isinstance(one, MetaData) else getattr(one, "metadata", None)
        if not isinstance(metadata, MetaData):
            raise UserError(
                f"env.py hands over {one!r} as models, which is no MetaData: hand over a MetaData, "
                'a list of them, or the name of one package, environment.run(metadata="models").'
            )
        found.append(metadata)
    return tuple(found)


def _import_package(name: str) -> ModuleType:
    """Import a module, and every module below it where it is a package; return it."""
    importing = name
    try:
        with refuse_exit():
            module = importlib.import_module(name)
            for importing in _modules_below(module):
                importlib.import_module(importing)
    except Exception as error:
        named = "" if isinstance(error, ImportError) else f"{importing} cannot be imported: "
        raise UserError(f"{named}{error}") from error
    return module


def _modules_below(module: ModuleType) -> Iterator[str]:
    """Yield the names of the modules below a package, each after the package that it is in.

    A folder without an __init__.py is none, and Alembic's own folder of scripts is left out: its
    env.py may be at work.
    """
    for found in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{module.__name__}."):
        if found.name.endswith(".__main__"):  # a program, which importing would run
            continue
        if found.ispkg and _holds_scripts(found):
            continue
        yield found.name
        if found.ispkg:
            yield from _modules_below(sys.modules[found.name])


def _holds_scripts(package: pkgutil.ModuleInfo) -> bool:
    """Return whether a package is the folder that Alembic's init command made."""
    place = getattr(package.module_finder, "path", "")
    return Path(place, package.name.rpartition(".")[2], "script.py.mako").exists()


def _find_metadata(name: str, module: ModuleType) -> tuple[MetaData, ...]:
    """Return the MetaData of a package: that of its ``Base``, else all that its modules hold.

    Raises UserError where some of its tables are beside those of its ``Base``: they may be of
    another database, which nobody but the project knows.
    """
    every = {id(one): one for one in _values_of_modules(name)}
    base = getattr(getattr(module, "Base", None), "metadata", None)
    if isinstance(base, MetaData):
        _refuse_beside(base, every.values(), name)
        return (base,)
    filled = tuple(one for one in every.values() if one.tables)
    found = filled or tuple(every.values())[:1]
    if not found:
        raise UserError(
            f"No module of {name} holds a MetaData, or a class with one, as Base has: "
            "let env.py name the package that does, or hand the MetaData over."
        )
    return found


def _refuse_beside(base: MetaData, found: Iterable[MetaData], name: str) -> None:
    for other in found:
        if other is not base and (tables := sorted(other.tables)):
            more = f" and {len(tables) - _MAX_NAMED} more" if len(tables) > _MAX_NAMED else ""
            raise UserError(
                f"Modules of {name} declare {', '.join(tables[:_MAX_NAMED])}{more} in a MetaData "
                f"of its own, beside that of {name}.Base: hand over in env.py those of this "
                "database, environment.run(metadata=[Base.metadata, Other.metadata])."
            )


def _values_of_modules(name: str) -> Iterator[MetaData]:
    for module in entities.modules_of(name):
        for value in list(vars(module).values()):
            if isinstance(value, MetaData):
                yield value
            elif isinstance(value, type) and isinstance(
                declared := getattr(value, "metadata", None), MetaData
            ):
                yield declared


def _refuse_same_table(found: Iterable[MetaData]) -> None:
    seen: set[str] = set()
    for metadata in found:
        if same := sorted(seen & set(metadata.tables)):
            raise UserError(f"Two MetaData of the models declare the table {same[0]}: leave one.")
        seen |= set(metadata.tables)


def refuse_moved_tables(found: Iterable[MetaData]) -> None:
    """Raise UserError for a table of which the schema or name was changed after it was declared.

    Its MetaData still has it under the old name, where Alembic looks for the new one.
    """
    for metadata in found:
        for key, table in metadata.tables.items():
            if key != table.key:
                raise UserError(
                    f"The table {key} of the models is {table.key} since a listener, or code after "
                    "its declaration, has changed it, and Alembic no longer finds it: declare it "
                    f'as {table.key}, by schema="…" of the table or of its MetaData.'
                )
