"""What is checked: nox runs lint, types, tests and drift; nox -l lists all sessions."""

from __future__ import annotations

import os
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")

# One more than the machine has processors: a test often waits for another process.
IN_PARALLEL = (f"--numprocesses={(os.cpu_count() or 1) + 1}", "--dist=worksteal")

nox.options.sessions = ["lint", "typecheck", "tests", "drift"]
nox.options.reuse_venv = "yes"
# A Python that is not installed here is skipped, on a CI server too, and never downloaded.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format and spelling; what revisions destroy, and squawk's opinion on them."""
    install(session, "lint", "history")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("python", "-m", "ddl.destroys")
    session.run("python", "-m", "ddl.squawk")


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
    """Do the revisions build what the models say? This is alembic check."""
    install(session, "commands")
    session.run("alembic", "check", *session.posargs)


@nox.session
def upgrade(session: nox.Session) -> None:
    """Bring the target to head, or to the revision after --."""
    install(session, "commands")
    session.run("alembic", "upgrade", *(session.posargs or ["head"]))


@nox.session
def revision(session: nox.Session) -> None:
    """Write a revision of what differs: nox -s revision -- -m "what changes"."""
    install(session, "commands")
    session.run("alembic", "revision", "--autogenerate", *session.posargs)


@nox.session
def matrix(session: nox.Session) -> None:
    """Every kind of object, changed there and back: half an hour; writes docs/matrix.md."""
    install(session, "tests")
    # Not with the test of the document, which this run writes.
    files = [f"tests/matrix/test_{name}.py" for name in ("matrix", "unchanged", "refused")]
    options = (*IN_PARALLEL, "-m", "", "--matrix-document=docs/matrix.md")
    session.run("pytest", *options, *files, *session.posargs)


@nox.session
def online(session: nox.Session) -> None:
    """Revisions under traffic, killed at each of their steps; arguments after -- go to pytest."""
    install(session, "tests")
    session.run("pytest", *IN_PARALLEL, "-m", "", "tests/ddl/online", *session.posargs)


@nox.session(name="property")
def properties(session: nox.Session) -> None:
    """Random edits, and random changes of tables with rows, so many: nox -s property -- 500."""
    install(session, "tests")
    examples = session.posargs[0] if session.posargs else "200"
    session.run("pytest", "tests/property", env={"PROPERTY_EXAMPLES": examples})


@nox.session
def coverage(session: nox.Session) -> None:
    """Which lines of ddl/ and models/ the tests run, in their processes too."""
    install(session, "tests")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *IN_PARALLEL, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


def install(session: nox.Session, *groups: str) -> None:
    """Install dependency groups, and what the project itself needs.

    The project is imported from the working tree. An environment that was given the same before
    is left as it is: asking pip costs seconds.
    """
    needed = set(nox.project.dependency_groups(PROJECT, *groups))
    needed.update(PROJECT["project"]["dependencies"])
    note = Path(session.virtualenv.location, "installed.txt")
    text = "\n".join(sorted(needed))
    if not note.exists() or note.read_text() != text:
        session.install(*sorted(needed))
        if note.parent.exists():
            note.write_text(text)
