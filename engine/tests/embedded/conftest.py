"""Folders with servers of their own, and processes that use them."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tests.embedded import ordinary as accounts
from tests.embedded.folders import borrowed, open_to_all
from tests.embedded.tools import Tools
from tests.embedded.user import begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.embedded.ordinary import Ordinary
    from tests.embedded.user import User


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    return Tools


@pytest.fixture
def use() -> Iterator[Callable[..., User]]:
    """Return a function that starts a process that will use the server of a folder."""
    with ExitStack() as stack:
        yield partial(begin, stack)


@pytest.fixture(scope="session")
def shelf() -> Iterator[Path]:
    """Return the folder in which whole clusters lie between tests: making one takes long."""
    with open_to_all() as folder:
        yield folder


@pytest.fixture
def folder(shelf: Path, open_folder: Path) -> Iterator[Path]:
    """Return a server's folder with a durable cluster, stopped."""
    with borrowed(shelf / "durable", open_folder / "target") as folder:
        yield folder


@pytest.fixture
def scratch(shelf: Path, open_folder: Path) -> Iterator[Path]:
    """Return a server's folder with a scratch cluster, stopped."""
    with borrowed(shelf / "scratch", open_folder / "scratch") as folder:
        yield folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a temporary folder that every account may enter (pytest's are closed).

    It goes after the test, since pytest would keep its clusters for days; no process may be
    left in it then.
    """
    with open_to_all() as folder:
        yield folder
        Tools.until(lambda: not Tools.below(folder))


@pytest.fixture(scope="session")
def ordinary() -> Iterator[Ordinary]:
    """Return an ordinary account: the caller's, or for root nobody's with copies to read."""
    with accounts.account() as account:
        yield account
