"""Write docs/json.md from the types of the objects that commands print with ``--json``."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from alembic_pg.doctor import json_form as doctor
from alembic_pg.drift import json_form as drift
from alembic_pg.ledger import json_form as ledger
from alembic_pg.plan import json_form as plan
from alembic_pg.preflight import json_form as preflight
from alembic_pg.rebase import json_form as rebase
from alembic_pg.reference import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# What --json prints

Written by `python -m alembic_pg.reference docs`, of the types beside what makes the
objects, in `src/alembic_pg`.

A command with `--json` prints one object on the standard output. Each has, beside the names
below, `format`: a number that grows when a name goes or means something else. A new name does not
change it. Where a command could not tell, the object has `format` and `error`, the sentence that
a person would read, and nothing else.

A run itself tells what it does in lines of JSON: [events](events.md)."""

# The command, the number of its form, and the type of its object.
FORMS: dict[str, tuple[int, Any]] = {
    "plan": (plan.JSON_FORMAT, plan.PlanObject),
    "preflight": (preflight.JSON_FORMAT, preflight.PreflightObject),
    "drift": (drift.JSON_FORMAT, drift.DriftObject),
    "ledger": (ledger.JSON_FORMAT, ledger.LedgerObject),
    "rebase": (rebase.JSON_FORMAT, rebase.RebaseObject),
    "doctor": (doctor.JSON_FORMAT, doctor.DoctorObject),
}

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true, false", NoneType: "null"}


def page() -> str:
    """Return docs/json.md."""
    return "\n\n".join([_HEAD, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for command, (number, form) in FORMS.items():
        yield f"## alembic-pg {command} --json"
        yield f"{form.__doc__} `format` is {number}."
        yield _table(form)
        for path, inner in _inner_objects(form, ""):
            yield f"Of `{path}`, each:"
            yield _table(inner)


def _table(form: Any) -> str:  # noqa: ANN401  # a type
    rows = [
        (f"`{name}`", _words(kind.__origin__), kind.__metadata__[0])
        for name, kind in get_type_hints(form, include_extras=True).items()
    ]
    return markdown.table(("name", "kind", "what it is"), rows)


def _inner_objects(form: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # as above
    """Yield the types of the objects in lists of an object, with the way to each."""
    for name, kind in get_type_hints(form).items():
        for inner in filter(is_typeddict, get_args(kind)):
            yield f"{path}{name}", inner
            yield from _inner_objects(inner, f"{path}{name}.")


def _words(kind: Any) -> str:  # noqa: ANN401  # as above
    """Return a type in words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"object of {_words(arguments[1])} by name"
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin is UnionType:
        return " or ".join(map(_words, arguments))
    return "objects" if is_typeddict(kind) else _WORDS[kind]


def mistakes(value: Any, kind: Any, place: str = "it") -> Iterator[str]:  # noqa: ANN401  # JSON
    """Yield a sentence for each way in which a value of JSON is not of a type of these forms."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        yield from _mistakes_of_object(value, kind, place)
    elif origin is UnionType:
        if all(list(mistakes(value, one)) for one in arguments):
            yield f"{place} is no {_words(kind)}: {value}"
    elif origin is Literal:
        if value not in arguments:
            yield f"{place} is none of {_words(kind)}: {value}"
    elif origin in {list, dict} and isinstance(value, origin):
        for one in value.values() if isinstance(value, dict) else value:
            yield from mistakes(one, arguments[-1], f"{place}[]")
    elif not _is_plain(value, origin or kind):
        yield f"{place} is no {_words(kind)}: {value}"


def _mistakes_of_object(value: Any, kind: Any, place: str) -> Iterator[str]:  # noqa: ANN401  # as above
    hints = get_type_hints(kind)
    if not isinstance(value, dict) or value.keys() != hints.keys():
        yield f"{place} has other names than {kind.__name__}: {value}"
        return
    for name, inner in hints.items():
        yield from mistakes(value[name], inner, f"{place}.{name}")


def _is_plain(value: Any, kind: Any) -> bool:  # noqa: ANN401  # as above
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind
