"""What the length of history costs: the same tree with few and with many revisions.

    python -m benchmarks.history [revisions]

Printed are seconds of each command with ten revisions and with so many (1,000), how many statements
reach the server where a revision is new, and the ratios.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alembic_pg.console import table
from benchmarks.tree import folder, tree

if TYPE_CHECKING:
    from benchmarks.tree import Tree

FEW = 10

REVISION = '''"""step {n}"""

from alembic import op

revision = "{id}"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("COMMENT ON SCHEMA public IS '{n}'")


def downgrade() -> None:
    op.execute("COMMENT ON SCHEMA public IS NULL")
'''

MODEL = """
from sqlalchemy import DDL, event
from models.base import Base

event.listen(Base.metadata, "after_create", DDL("COMMENT ON SCHEMA public IS '{n}'"))
"""


def main(arguments: list[str]) -> None:
    """Measure, and print the table."""
    many = int(arguments[0]) if arguments else 1000
    few_seconds, many_seconds = (measure(number) for number in (FEW, many))
    rows = [
        (name, f"{few_seconds[name]:.3g}", f"{seconds:.3g}", f"{seconds / few_seconds[name]:.2f}")
        for name, seconds in many_seconds.items()
    ]
    head = ("command", f"{FEW} revisions", f"{many} revisions", "ratio")
    sys.stdout.write(table.render(head, rows) + "\n")


def measure(number: int) -> dict[str, float]:
    """Return the seconds of each command with so many revisions, and a count of statements."""
    with folder() as root, tree(root, 0, 0) as made:
        for n in range(number):
            write(made, n)
        return {
            "check, the first": made.here("check"),
            "check, models changed": _after(made, "check"),
            "check after one more revision": _after_one_more(made, number),
            "its statements": made.statements(lambda: _after_one_more(made, number + 1)),
            "stock check": made.stock("check", fails=True),
            "heads": made.here("heads"),
            "current": made.here("current"),
            "history": made.here("history"),
        }


def _after(made: Tree, command: str) -> float:
    made.forget()
    return made.here(command)


def _after_one_more(made: Tree, number: int) -> float:
    write(made, number)
    return made.here("check")


def write(made: Tree, n: int) -> None:
    """Write a revision, and the models that agree with it."""
    text = REVISION.format(n=n, id=f"{n:012d}", down=f"{n - 1:012d}" if n else None)
    (made.versions / f"{n:04d}.py").write_text(text)
    (made.root / "models" / "comment.py").write_text(MODEL.format(n=n))


if __name__ == "__main__":
    main(sys.argv[1:])
