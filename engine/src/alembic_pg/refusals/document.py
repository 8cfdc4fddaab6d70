"""Write the page of the documentation that lists every refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic_pg.refusals import of_batches, of_rights, of_statements, of_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.refusals.refusal import RefusalKind

_INTRODUCTION = """\
# What a run refuses

Written by `python -m alembic_pg.reference docs`, of the refusals in `src/alembic_pg/refusals`. The
plan, the run and the script of `--sql` take the same ones; only the run knows what rows decide, and
what others do beside it."""

_LARGE = """\
## Statements that would stop the work on a large table

On a table of more than 8 MB (`large_table`), unless the revision names it:
`blocking = ["orders"]`."""

_ANY = "## Batches and rows, on a table of any size"

_TARGET = "## A whole run, before its first statement"

_RIGHTS = """\
## A whole run, where its role lacks a right

Asked of all pending revisions before the first statement, as far as no statement before it may have
given the right."""

_SECTIONS = (
    (_LARGE, of_statements.ALL),
    (_ANY, of_batches.ALL),
    (_TARGET, of_targets.ALL),
    (_RIGHTS, of_rights.ALL),
)


def page() -> str:
    """Return the page."""
    return "\n\n".join([_INTRODUCTION, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for head, kinds in _SECTIONS:
        yield f"{head}\n\n{_table(kinds)}"


def _table(kinds: Iterable[RefusalKind]) -> str:
    rows = [
        "| kind | what is refused | why | instead | decided by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in kinds:
        cells = (kind.statement, _shown(kind.effect), _shown(kind.instead), kind.basis.value)
        rows.append(f"| `{kind.name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def _shown(template: str) -> str:
    """Return a text whose places are shown as what will stand there."""
    shown = re.sub(r"(?<!\{)\{(\w+)\}", r"*\1*", template)
    return shown.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
