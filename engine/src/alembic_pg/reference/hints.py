"""Write docs/hints.md from the hints."""

from __future__ import annotations

from alembic_pg.autogenerate.hints.hint import HINTS
from alembic_pg.reference import markdown

_HEAD = """\
# Hints in the models

Written by `python -m alembic_pg.reference docs`, of the hints in
`src/alembic_pg/autogenerate/hints/hint.py`.

A comparison sees that two schemas differ, and not what was meant. `info={…}` of a column says
what was meant; of a table it is `__table_args__ = {"info": {…}}`. A hint is read when a revision
is written, and may be taken out of the model afterwards.
"""


def page() -> str:
    """Return docs/hints.md."""
    rows = [(f'`"{one.key}": {one.example}`', one.of, one.says, one.without) for one in HINTS]
    return f"{_HEAD}\n{markdown.table(('hint', 'of', 'what it says', 'without it'), rows)}\n"
