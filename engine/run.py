"""Run a module with the engine of this folder, where pip has not installed it.

``python engine/run.py alembic check``: for pre-commit's local hooks, whose environments hold what
PyPI has, and nothing of the working tree.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

SOURCE = str(Path(__file__).resolve().parent / "src")

sys.argv = sys.argv[1:]
sys.path[0] = SOURCE
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (SOURCE, os.environ.get("PYTHONPATH"))))
os.environ["MYPYPATH"] = SOURCE
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
