"""Finish each revision file when Alembic has written it, before a project's own hooks see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.autogenerate.files.head import with_head
from alembic_pg.autogenerate.files.text_blocks import with_text_blocks
from alembic_pg.console import activation, status

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from alembic.autogenerate.api import RevisionContext
    from alembic.script import Script, ScriptDirectory


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


def show_writing(revisions: RevisionContext, typed: Namespace | None) -> None:
    """Show that revision files are written, which Alembic does when env.py is at its end.

    typed: the command's arguments.
    """
    generate = revisions.generate_scripts
    quiet = getattr(typed, "quiet", False)

    def generate_and_show() -> Iterator[Script | None]:
        with activation.status_line(quiet=quiet), status.doing("Writing the revision"):
            yield from generate()

    revisions.generate_scripts = generate_and_show  # type: ignore[method-assign]
