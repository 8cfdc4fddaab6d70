"""psql on the target."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic_pg.database.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.tree import Tree
    from sqlalchemy.engine import URL

MODULE = (sys.executable, "-m", "alembic_pg", "psql")


def test_it_runs_on_the_target_and_no_other_user_sees_the_password(
    project: Tree, empty: URL
) -> None:
    url = empty.set(password="not-to-be-seen").render_as_string(hide_password=False)
    done = subprocess.run(
        [*MODULE, "--tuples-only", "--no-align"],
        cwd=project.root,
        env=os.environ | {"DATABASE_URL": url},
        input="SELECT current_database();\n\\! tr '\\0' '\\n' < /proc/$PPID/cmdline\n\\q\n",
        capture_output=True,
        text=True,
        check=True,
    )
    database, program, *arguments = done.stdout.splitlines()
    assert database == empty.database
    assert program.endswith("/psql")
    assert arguments == ["--tuples-only", "--no-align"]


def test_its_exit_code_and_the_sentence_when_there_is_no_target(project: Tree) -> None:
    assert psql(project, "-c", "SELECT 1/0").returncode == 1
    assert psql(project, "--", "-c", "SELECT 1").returncode == 0
    done = psql(project, DATABASE_URL="mysql://u:not-to-be-seen@h/d")
    assert done.returncode == 1
    assert done.stderr.startswith("FAILED: DATABASE_URL is no PostgreSQL URL: ")
    assert "not-to-be-seen" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_interrupt_cancels_the_statement(project: Tree, empty: URL) -> None:
    process = subprocess.Popen(
        [*MODULE, "-c", "SELECT pg_sleep(60)"],
        cwd=project.root,
        env=os.environ | project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    sleeping = sa.text(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
        " AND datname = current_database()"
    )
    with process, connect(empty, source="the tests", autocommit=True) as connection:
        while not connection.scalar(sleeping):
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate()
    assert "canceling statement due to user request" in output
    assert "Traceback" not in output
    assert process.returncode == 1


def test_no_server_is_made_where_no_project_is(tree: Tree, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = subprocess.run(
        [*MODULE, "-c", "SELECT 1"],
        cwd=folder,
        env=tree.variables(DATABASE_URL=""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"FAILED: There is no Alembic project in {folder}: ")
    assert not list(folder.iterdir())


def psql(tree: Tree, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run psql in a tree, with nothing to read."""
    return subprocess.run(
        [*MODULE, *arguments],
        cwd=tree.root,
        env=os.environ | tree.environment | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
