"""Serve the requests of another process, which has imported the models; see `other_process`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING, Any, NoReturn

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_pg.alembic_command import SERVE_OPTION
from alembic_pg.console import excepthook, status
from alembic_pg.database.errors import RefusedError
from alembic_pg.errors import UserError, refuse_exit
from alembic_pg.revisions import history_database
from alembic_pg.revisions.trial import text_session
from alembic_pg.revisions.trial.known_texts import KnownTexts

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from alembic_pg.revisions.statements import RevisionStatement
    from alembic_pg.revisions.trial.text_session import TextSession

_NOT_REACHED = "it does not call alembic_pg.environment"


class _Server:
    """Answers requests, one after the other.

    environment: of env.py; None where it could not be loaded. reason: why.
    """

    def __init__(self, environment: EnvironmentContext | None, reason: str = "") -> None:
        self.environment = environment
        self.reason = reason
        self.known = KnownTexts()
        self.sessions: dict[int, tuple[ExitStack, TextSession]] = {}

    def upgrade(self, url: URL, revision: str) -> None:
        if self.environment is None:
            raise history_database.NotLoadedError(self.reason)
        history_database.upgrade_database(self.environment, url, revision)

    def statements(self, source: str) -> list[RevisionStatement]:
        return self.known.statements(source)

    def open(self, url: URL) -> int:
        stack = ExitStack()
        number = max(self.sessions, default=0) + 1
        self.sessions[number] = (
            stack,
            stack.enter_context(text_session.open_session(url, self.known)),
        )
        return number

    def session(self, number: int, name: str, *arguments: Any) -> Any:  # noqa: ANN401  # its own
        return getattr(self.sessions[number][1], name)(*arguments)

    def close(self, number: int) -> None:
        self.sessions.pop(number)[0].close()


def serve(requests: IO[bytes], answers: IO[bytes], server: _Server) -> None:
    """Answer requests until nobody asks any more; tell meanwhile how far one is."""

    def tell(*far: object) -> None:
        with suppress(OSError):
            pickle.dump((None, far), answers)
            answers.flush()

    status.LINE.forward(tell)
    while True:
        try:
            name, arguments = pickle.load(requests)  # noqa: S301  # of our own process
        except (EOFError, OSError):
            return
        try:
            with refuse_exit():
                answer: tuple[bool, Any] = True, getattr(server, name)(*arguments)
        except (RefusedError, UserError) as error:
            answer = False, error
        except Exception as error:  # noqa: BLE001  # a revision may raise anything
            answer = False, UserError(excepthook.failure_message(error))
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        with suppress(BrokenPipeError):
            pickle.dump(answer, answers)
            answers.flush()


def serve_and_exit(requests: int, answers: int, environment: EnvironmentContext) -> NoReturn:
    """Serve in a forked process, and end it without what the other one does at its end."""
    try:
        # The other process ends this one when it is told to end itself.
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with os.fdopen(requests, "rb") as asked, os.fdopen(answers, "wb") as answered:
            serve(asked, answered, _Server(environment))
    finally:
        os._exit(0)


def main() -> None:
    """Load env.py, and serve in its place: of a new interpreter, whose standard input asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What env.py and revisions print is no answer.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        requests = sys.stdin.buffer
        config = _config(pickle.load(requests))  # noqa: S301  # of our own process
        command = pickle.load(requests)  # noqa: S301  # as above
        served = False

        def serve_environment(environment: EnvironmentContext) -> None:
            nonlocal served
            served = True
            serve(requests, answers, _Server(environment))

        reason = _NOT_REACHED
        try:
            _run_env(config, command, serve_environment)
        except BaseException as error:  # noqa: BLE001  # also SystemExit
            reason = excepthook.failure_message(error)
        if not served:
            serve(requests, answers, _Server(None, reason))
    os._exit(0)  # env.py may have threads


def config_state(config: Config) -> dict[str, Any]:
    """Return what makes a Config anew in another process; what cannot be sent is left out."""
    attributes = {name: value for name, value in config.attributes.items() if _can_be_sent(value)}
    parser = config.file_config
    return {
        "arguments": {
            "file_": config.config_file_name,
            "toml_file": config.toml_file_name,
            "ini_section": config.config_ini_section,
            "cmd_opts": config.cmd_opts if _can_be_sent(config.cmd_opts) else None,
            "attributes": attributes,
            "config_args": dict(config.config_args),
        },
        "sections": {name: dict(parser.items(name, raw=True)) for name in parser.sections()},
    }


def _config(state: dict[str, Any]) -> Config:
    config = Config(**state["arguments"])
    config.file_config.read_dict(state["sections"])
    return config


def _can_be_sent(value: object) -> bool:
    try:
        pickle.loads(pickle.dumps(value))  # noqa: S301  # our own
    except Exception:  # noqa: BLE001  # whatever it is
        return False
    return True


def _run_env(config: Config, command: str, serve_environment: Any) -> None:  # noqa: ANN401  # ours
    def function(*_: object) -> list[Any]:
        return []

    function.__qualname__ = command
    script = ScriptDirectory.from_config(config)
    options: dict[str, Any] = {SERVE_OPTION: serve_environment}
    with EnvironmentContext(config, script, fn=function, **options):
        script.run_env()
