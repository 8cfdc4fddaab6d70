"""Call what a project hands over, so that none of it ends the process as if all were well."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RUNS_LATER = (GeneratorType, CoroutineType, AsyncGeneratorType)


@contextmanager
def refuse_exit() -> Iterator[None]:
    """Raise RuntimeError where what is inside calls sys.exit(): a command would end with 0.

    The traceback is that of the call.
    """
    try:
        yield
    except SystemExit as error:
        said = RuntimeError(f"it ends the process, sys.exit({error.code!r})")
        raise said.with_traceback(error.__traceback__) from None


def run_function(function: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401  # as Alembic types them
    """Call upgrade() or downgrade() of a revision.

    Raises RuntimeError where it ends the process, TypeError where calling it runs nothing.
    """
    with refuse_exit():
        returned = function(**options)
    if isinstance(returned, GeneratorType | CoroutineType):
        returned.close()
    if isinstance(returned, _RUNS_LATER):
        raise TypeError("its function has yield or async in it, so nothing of it runs")


def checked_function(function: Callable[..., Any]) -> Callable[..., None]:
    """Return what calls a revision's function as run_function() does, under its name."""

    @functools.wraps(function)
    def run(**options: Any) -> None:  # noqa: ANN401  # as above
        run_function(function, **options)

    return run
