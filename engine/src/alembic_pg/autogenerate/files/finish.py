"""Finish each revision file when Alembic has written it, before a project's own hooks see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.autogenerate.files.head import with_head
from alembic_pg.autogenerate.files.text_blocks import with_text_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from alembic.script import ScriptDirectory


def finish_files(script: ScriptDirectory, head_of: Callable[[str], Sequence[str]]) -> None:
    """Let the files of revisions be finished that a script directory writes from now on.

    head_of: returns the sentences for the head of a file, by the revision's id. It works with
    every script.py.mako: a file that is not Python stays as it is.
    """
    generate = script._generate_template  # noqa: SLF001  # between it and the hooks is no public name

    def generate_and_finish(src: Path, dest: Path, **values: Any) -> None:  # noqa: ANN401  # Alembic's
        generate(src, dest, **values)
        written = dest.read_bytes().decode(script.output_encoding)
        try:
            finished = with_text_blocks(with_head(written, head_of(values["up_revision"])))
        except SyntaxError:
            return
        dest.write_bytes(finished.encode(script.output_encoding))

    script._generate_template = generate_and_finish  # type: ignore[method-assign]  # noqa: SLF001
