"""Prove that the release before, and today's models, run between a change's two halves."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_pg.alembic_command import project_folder
from alembic_pg.autogenerate.split.revision_files import CONTRACT_SUFFIX
from alembic_pg.database.connect import connect
from alembic_pg.database.scratch import SCRATCH_SOURCE
from alembic_pg.errors import UserError
from alembic_pg.proofs import git
from alembic_pg.proofs.fill import delete_rows, fill
from alembic_pg.proofs.misfits import find_misfits
from alembic_pg.proofs.new_revisions import revisions_at
from alembic_pg.proofs.tables import read_tables
from alembic_pg.revisions import history_database
from alembic_pg.revisions.current_revision import revision_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alembic.script import Script, ScriptDirectory

    from alembic_pg.proofs.walk import Project

_TIMEOUT = 120  # seconds for the models of one tree

# Characters of the end of what a release's own tests print.
_SHOWN = 4000


@dataclass(frozen=True)
class Between:
    """Hold the way from a release to today.

    before: the heads of the release. expand: the revisions after it that its code has to live
    with, oldest first: those before the first "(contract)". rest: the others.
    """

    commit: str
    before: tuple[str, ...]
    expand: tuple[Script, ...]
    rest: tuple[Script, ...]

    @property
    def end(self) -> str:
        """The name of the place at which both releases run."""
        return revision_label(self.expand[-1]) if self.expand else ", ".join(self.before) or "base"


def find_between(script: ScriptDirectory, commit: str) -> Between:
    """Return the revisions between a commit and today. Raises UserError without such a commit."""
    folder = Path(script.dir)
    if git.resolve_commit(folder, commit) is None:
        raise UserError(f"git knows no commit {commit}: name the release, --release-before=COMMIT.")
    old = revisions_at(script, commit)
    everything = list(script.walk_revisions())[::-1]
    new = [one for one in everything if one.revision not in old]
    first = next((place for place, one in enumerate(new) if is_contract(one)), len(new))
    below = {
        revision
        for one in everything
        if one.revision in old
        for revision in one._all_down_revisions  # noqa: SLF001  # what Alembic's own map reads
    }
    heads = [one.revision for one in everything if one.revision in old - below]
    return Between(commit, tuple(heads), tuple(new[:first]), tuple(new[first:]))


def is_contract(revision: Script) -> bool:
    """Return whether a revision takes away what the release before needs, as its message says."""
    return (revision.doc or "").rstrip(".").endswith(CONTRACT_SUFFIX.strip())


def release_breaks(
    project: Project,
    between: Between,
    *,
    given: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
    tests: str | None = None,
) -> Iterator[str]:
    """Yield a sentence for each statement of the release's models that the expanded schema breaks.

    tests: a command, the release's own tests, which run in its tree with DATABASE_URL set.
    Raises UserError where the models of the release cannot be loaded.
    """
    if not between.expand:
        return
    with ExitStack() as stack:
        works, now = _both_schemas(project, between, given or {}, seed, stack)
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alembic-pg-")))
        folder = project_folder(project.config)
        tree = git.export_tree(folder, between.commit, place)
        for sentence in _breaks(project, tree, works, now):
            yield f"The release before ({between.commit}) breaks at {between.end}: {sentence}"
        if tests:
            yield from _run_tests(project, tree, now, tests, between)


def todays_breaks(
    project: Project,
    between: Between,
    *,
    given: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Iterator[str]:
    """Yield a sentence for each statement of today's models that fails before "(contract)"."""
    if not between.rest:
        return
    with ExitStack() as stack:
        _, now = _both_schemas(project, between, given or {}, seed, stack)
        works = stack.enter_context(project.copy(now))
        _upgrade(project, works, between.rest)
        for sentence in _breaks(project, project_folder(project.config), works, now):
            yield f"Today's models break at {between.end}: {sentence}"


def _both_schemas(
    project: Project,
    between: Between,
    given: Mapping[str, Sequence[str]],
    seed: int,
    stack: ExitStack,
) -> tuple[str, str]:
    """Return the names of two databases with the same rows: the release's, and the expanded one."""
    databases = project.databases
    works = history_database.create_at_revisions(databases, project.environment, between.before)
    stack.callback(databases.drop_in_background, works)
    empty = stack.enter_context(project.copy(works))
    # The schema at the end, to know which rows come through.
    _upgrade(project, empty, (*between.expand, *between.rest))
    later = {table.oid: table for table in project.tables(empty)}
    with connect(databases.database_url(works), source=SCRATCH_SOURCE) as connection:
        tables = read_tables(connection, project.version_table)
        filled = fill(connection, tables, later, given, seed)
        connection.commit()
    with connect(databases.database_url(empty), source=SCRATCH_SOURCE) as connection:
        misfits = list(find_misfits(connection, filled.rows, later))
        connection.rollback()
    with connect(databases.database_url(works), source=SCRATCH_SOURCE) as connection:
        delete_rows(connection, misfits)
        connection.commit()
    now = stack.enter_context(project.copy(works))
    _upgrade(project, now, between.expand)
    return works, now


def _upgrade(project: Project, database: str, revisions: Sequence[Script]) -> None:
    for revision in revisions:
        project.upgrade(database, revision.revision)


def _breaks(project: Project, tree: Path, works: str, now: str) -> Iterator[str]:
    """Yield what the models of a tree cannot do in one database that they can in another."""
    config = project.config
    ini = Path(config.config_file_name or "alembic.ini").resolve()
    with tempfile.TemporaryDirectory(prefix="alembic-pg-") as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        wanted = {
            "here": str(project_folder(config).resolve()),
            "config": str(tree / ini.relative_to(project_folder(config))),
            "section": config.config_ini_section,
            "answer": str(answer),
            "works": _url(project, works),
            "now": _url(project, now),
        }
        request.write_text(json.dumps(wanted), encoding="utf-8")
        command = [sys.executable, "-m", "alembic_pg.proofs.used_statements", str(request)]
        # A folder of the caller's tree would give today's models to the release.
        environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if done.returncode or not answer.exists():
            why = (done.stderr.strip().splitlines() or ["it prints nothing"])[-1]
            raise UserError(f"The models in {tree.name} cannot be tried: {why}")
        found = json.loads(answer.read_text(encoding="utf-8"))
    for one in found["breaks"]:
        rows = "" if one["kind"] == "select" else f", on {one['failing']} of {one['tried']} rows"
        yield f"{one['kind']} of {one['table']} fails{rows}: {one['reason']}: {one['statement']}"


def _run_tests(
    project: Project, tree: Path, database: str, tests: str, between: Between
) -> Iterator[str]:
    """Yield how the release's own tests fail, if they do."""
    done = subprocess.run(
        shlex.split(tests),
        cwd=tree,
        env={**os.environ, "DATABASE_URL": _url(project, database)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        yield (
            f"The tests of the release before ({between.commit}) fail at {between.end}: "
            f"{tests}\n{done.stdout[-_SHOWN:]}"
        )


def _url(project: Project, database: str) -> str:
    return project.databases.database_url(database).render_as_string(hide_password=False)
