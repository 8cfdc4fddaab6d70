"""What is checked of the engine: nox runs types and tests; nox -l lists all sessions."""

from __future__ import annotations

import os
import runpy
import shutil
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")

# One more than the machine has processors: a test often waits for another process.
IN_PARALLEL = (f"--numprocesses={(os.cpu_count() or 1) + 1}", "--dist=worksteal")

# Projects of others that the engine is tried on.
FOREIGN = runpy.run_path("benchmarks/foreign/projects.py")["PROJECTS"]

nox.options.sessions = ["typecheck", "tests", "docs"]
nox.options.reuse_venv = "yes"
# A Python that is not installed here is skipped, on a CI server too, and never downloaded.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"

# Where a container sets it, every process of the tests would compile the engine anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


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
    session.run("pytest", *IN_PARALLEL, "-m", "", "tests/online", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Random revisions beside traffic and faults, for so many minutes: nox -s soak -- 30."""
    install(session, "tests")
    session.run("python", "-m", "tests.soak", *(session.posargs or ["10"]))


@nox.session(name="property")
def properties(session: nox.Session) -> None:
    """Random edits, and random changes of tables with rows, so many: nox -s property -- 500."""
    install(session, "tests")
    examples = session.posargs[0] if session.posargs else "200"
    session.run("pytest", "tests/property", env={"PROPERTY_EXAMPLES": examples})


@nox.session
@nox.parametrize("project", list(FOREIGN), ids=list(FOREIGN))
def foreign(session: nox.Session, project: str) -> None:
    """Models and histories of others: nox -s "foreign(optuna)"; docs/foreign.md."""
    tried = FOREIGN[project]
    session.install(*tried.distributions)
    # Over its pins: pip says which are broken, and goes on.
    session.install("--editable", ".[embedded,format]")
    variables = {}
    if tried.clone:
        variables["FOREIGN_CLONE"] = place = f"{session.create_tmp()}/{project}"
        shutil.rmtree(place, ignore_errors=True)
        session.run("git", "clone", "--quiet", "--depth=1", tried.clone, place, external=True)
    session.run("python", "-m", "benchmarks.foreign.run", project, env=variables)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into site/, strictly; it opens from the disk: site/index.html."""
    session.install(*nox.project.dependency_groups(PROJECT, "docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", "site", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Look at pages in headless Chromium: the machine's, else the one that playwright downloads."""
    install(session, "browser")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        session.run("playwright", "install", "--only-shell", "chromium", success_codes=[0, 1])
    session.run("pytest", "-m", "browser", "tests/pages", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which lines of the engine its tests run, in their processes too."""
    install(session, "tests")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *IN_PARALLEL, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel and the source distribution, into dist/ or the folder after --."""
    session.install("build")
    session.run("python", "-m", "build", "--outdir", *(session.posargs or ["dist"]))


def install(session: nox.Session, *groups: str) -> None:
    """Install the engine of this folder with all of its extras, and dependency groups.

    An environment that was given the same before is left as it is: asking pip costs seconds.
    """
    needed = sorted(nox.project.dependency_groups(PROJECT, *groups))
    note = Path(session.virtualenv.location, "installed.txt")
    text = "\n".join([*needed, Path("pyproject.toml").read_text()])
    if not note.exists() or note.read_text() != text:
        session.install("--editable", ".[embedded,format,pages,squawk]", *needed)
        if note.parent.exists():
            note.write_text(text)
