"""The tests of all workers share a server: a query about its sessions says whose it means.

A test that ended every session which waited for a virtual transaction ended another worker's
CREATE INDEX CONCURRENTLY, once in some dozens of runs.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
SHARED_VIEWS = re.compile(r"\b(?:FROM|JOIN)\s+(?:pg_locks|pg_stat_activity)\b")
ONES_OWN = re.compile(r"current_database\(\)|datname = %s|pid = pg_backend_pid\(\)")

# Their tests start servers of their own.
OTHER_SERVERS = {"embedded/test_keeper.py"}


def queries(file: Path) -> list[str]:
    """Return the texts of a file, those that are put together as a whole."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = {
        part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts)
    ]


def test_a_query_about_sessions_names_the_database() -> None:
    unclear = [
        (path.relative_to(TESTS).as_posix(), query)
        for path in sorted(TESTS.rglob("*.py"))
        for query in queries(path)
        if SHARED_VIEWS.search(query.replace("\\n", " ")) and not ONES_OWN.search(query)
    ]
    assert [(path, query) for path, query in unclear if path not in OTHER_SERVERS] == []
