"""Finish the revisions that autogenerate is about to write, and say what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.autogenerate import comparators
from alembic_pg.autogenerate.files import finish
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.proof.worded_revisions import word_revisions
from alembic_pg.autogenerate.report import differences, summary
from alembic_pg.autogenerate.report.head_sentences import head_sentences
from alembic_pg.autogenerate.split import revision_files
from alembic_pg.console import arguments, status
from alembic_pg.options import command_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from alembic_pg.autogenerate.report.summary import RevisionSummary
    from alembic_pg.autogenerate.sides.comparison import Comparison

NOTHING_TO_DO = "Nothing to do: the revisions build what the models say."


def process_directives(
    context: MigrationContext, directives: list[MigrationScript], *, are_final: bool
) -> None:
    """Split and word the revisions, say what each does, and write no file for nothing.

    are_final: whether nobody changes the operations any more before the files are written.
    """
    comparison: Comparison | None = context.opts.get(comparators.COMPARISON_OPTION)
    why = ""
    if comparison is not None:
        with status.doing("Splitting the revision"):
            why = revision_files.split_revision(context, comparison, directives)
        with status.doing("Wording the revision"):
            word_revisions(context, comparison, directives)
    operations = [one for script in directives for one in flatten.upgrade_operations(script)]
    if not operations:
        directives[:] = []
    if context.config is None:
        return
    if not operations:
        text = NOTHING_TO_DO
    elif comparison is None:
        text = differences.difference_table(operations)
    else:
        text = _summary(context, comparison, directives, are_final=are_final)
        text += f"\n{why}" if why else ""
        if command_settings(context.config).diff:
            text += differences.entry_diffs(comparison)
    environment = context.environment_context
    if environment is not None and arguments.is_alembic_command():
        revisions = environment.context_opts["revision_context"]
        finish.show_writing(revisions, context.config.cmd_opts)
    context.config.print_stdout("%s", text)


def _summary(
    context: MigrationContext,
    comparison: Comparison,
    scripts: list[MigrationScript],
    *,
    are_final: bool,
) -> str:
    """Return the summaries of revisions, which their files will say at their heads, too."""
    summaries = summary.summarize_revisions(context, comparison, scripts)
    text = summary.summary_text(comparison, scripts, summaries)
    if are_final:
        for script in scripts:
            for part in (*script.upgrade_ops_list, *script.downgrade_ops_list):
                part.ops[:] = map(comparison.sources.written, part.ops)
    if context.script is not None:
        finish.finish_files(context.script, _Heads(scripts, summaries).sentences)
    return text


class _Heads:
    """Give the sentences for the heads of revisions, but for one that a hook has changed since."""

    def __init__(
        self, scripts: Sequence[MigrationScript], summaries: Sequence[RevisionSummary]
    ) -> None:
        self._heads = {
            str(script.rev_id): (script, _identities(script), head_sentences(one))
            for script, one in zip(scripts, summaries, strict=True)
        }

    def sentences(self, revision: str) -> list[str]:
        """Return the sentences of a revision, none where they may be untrue by now."""
        script, known, said = self._heads.get(revision, (None, [], []))
        return said if script is not None and _identities(script) == known else []


def _identities(script: MigrationScript) -> list[int]:
    """Return what tells the operations of a revision's upgrade from others."""
    return [*map(id, flatten.upgrade_operations(script))]
