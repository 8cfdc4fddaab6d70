"""Write what keeps a script from doing a revision twice: a lock, a look at where the database is.

It is SQL alone, whatever client executes it. Where no client stops at an error, each revision of
such a script is one transaction, which a failed look ends with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_pg.database import run_lock
from alembic_pg.offline import plpgsql_blocks
from alembic_pg.sql.cursor import Cursor
from alembic_pg.sql.quoting import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alembic.runtime.migration import MigrationContext

_TAKE_LOCK = f"""\
-- Wait until no other run, and no other script, is at work on this database.
DO $ddl$
BEGIN
  WHILE NOT pg_try_advisory_lock({run_lock.KEY}) LOOP
    -- Whoever builds an index concurrently would wait for a transaction that waits.
    COMMIT;
    PERFORM pg_sleep({run_lock.PAUSE});
    COMMIT;
  END LOOP;
END
$ddl$;"""

_RELEASE_LOCK = f"""\
-- Let others work on this database.
DO $ddl$
BEGIN
  -- Who executes a part of this has no lock.
  SET LOCAL client_min_messages = error;
  PERFORM pg_advisory_unlock({run_lock.KEY});
END
$ddl$;"""

_REQUIRE_HEADS = """\
-- Stop where the database is not where the {direction} of {name} begins.
DO $ddl$
DECLARE
  found text[];
BEGIN
  IF to_regclass({literal}) IS NULL THEN
    RAISE 'there is no table %, and the {direction} of {name} begins at {start}: nothing is done',
      {literal};
  END IF;
  found := ARRAY(SELECT version_num::text FROM {table} ORDER BY 1);
  IF obj_description({literal}::regclass, 'pg_class') LIKE '{{"half_done": %' THEN
    RAISE '%', 'a revision is half done: run alembic {command}, or the rest of this script, '
      'from the COMMIT before the step that failed';
  END IF;
  IF NOT {before} <@ found OR {after} && found THEN
    RAISE 'the database is at %, and the {direction} of {name} begins at {start}: nothing is done',
      coalesce(nullif(array_to_string(found, ', '), ''), 'no revision');
  END IF;
END
$ddl$;"""

# What the note there is tells of a statement, its detail, stays in the next one.
_KNOWN = """
  noted json := CASE WHEN theirs LIKE '{"half_done": %' THEN theirs::json -> 'half_done' END;
  known text[] := ARRAY(SELECT json_array_elements_text(noted -> 'done')) || (noted ->> 'began');"""

_DONE_ENTRIES = """ARRAY(SELECT coalesce((
      SELECT max(entry) FROM unnest(known) AS entry
      WHERE split_part(entry, ':', 1) = split_part(done, ':', 1)), done)
    FROM unnest({keys}) WITH ORDINALITY AS listed (done, place) ORDER BY place)"""

# A revision may set another search_path, for one tenant after the other, say.
_PLACE = "alembic_pg.version_table"

_REMEMBER_PLACE = f"""\
-- Remember where Alembic's own table is, or will be.
DO $ddl$
BEGIN
  PERFORM set_config('{_PLACE}', coalesce((
    SELECT format('%s.%I', relnamespace::regnamespace, relname)
    FROM pg_class WHERE oid = to_regclass({{literal}})), {{made}}), false);
END
$ddl$;"""  # noqa: S608  # it is ours

_WRITE_NOTE = """\
-- {what}
DO $ddl$
DECLARE
  own text := coalesce(nullif(current_setting('{place}', true), ''), {literal});
  theirs text := obj_description(own::regclass, 'pg_class');{known}
BEGIN
  IF theirs LIKE '{{"half_done": %' THEN
    theirs := theirs::json ->> 'comment';
  END IF;
  EXECUTE format('COMMENT ON TABLE %s IS %L', own,
    {comment});
END
$ddl$"""


@dataclass
class ScriptGuards:
    """What a script of some revisions has to keep them from being done twice.

    table: Alembic's own, as a statement names it. heads: where the database is before the next
    revision.
    """

    table: str
    heads: set[str] = field(default_factory=set)

    def follow(self, context: MigrationContext) -> None:
        """Learn where the database is after each revision."""

        def note_heads(*, heads: set[str], **_: object) -> None:
            self.heads = set(heads)

        context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, note_heads)

    def opening(self, *, notes: bool = False) -> str:
        """Return what comes before all revisions. notes: whether the script notes what is done."""
        if not notes:
            return _TAKE_LOCK
        literal = quote_literal(self.table)
        schema = Cursor(self.table, default_schema="").qualified_name()[0]
        made = literal if schema else f"format('%I.%s', current_schema(), {literal})"
        remembers = _REMEMBER_PLACE.format(literal=literal, made=made)
        return f"{_TAKE_LOCK}\n\n{remembers}"

    def closing(self) -> str:
        """Return what comes after them."""
        return _RELEASE_LOCK

    def require_heads(self, revision: str, *, is_upgrade: bool, others: Iterable[str]) -> str:
        """Return what fails where the database is not where a revision begins.

        others: the revisions at which it is afterwards. Nothing is returned where the revision
        makes Alembic's table, which fails by itself.
        """
        if not self.heads:
            return ""
        return _REQUIRE_HEADS.format(
            direction="upgrade" if is_upgrade else "downgrade",
            command="upgrade head" if is_upgrade else "downgrade",
            name=revision,
            table=self.table,
            literal=quote_literal(self.table),
            before=_array(self.heads),
            after=_array(set(others) - self.heads),
            start=", ".join(sorted(self.heads)),
        )

    def note_expression(self, note: Mapping[str, Any], began: str) -> str:
        """Return the text of a note, as an expression in a block of write_note().

        note: as ProgressNote.as_json() has it. began: an expression for this key of it.
        """
        fixed = {name: value for name, value in note.items() if name not in {"began", "done"}}
        said = quote_literal('{"half_done": ' + json.dumps(fixed).removesuffix("}"))
        keys = f"ARRAY[{', '.join(map(quote_literal, note['done']))}]::text[]"
        done = _DONE_ENTRIES.format(keys=keys) if note["done"] else keys
        theirs = "coalesce(', \"comment\": ' || to_json(theirs), '')"
        return (
            f"{said} || ', \"began\": '\n    || to_json(({began})::text) || ', \"done\": '\n"
            f"    || to_json({done}) || '}}' || {theirs} || '}}'"
        )

    def write_note(self, revision: str, comment: str) -> str:
        """Return what notes which statements of a revision are done, in the open transaction.

        comment: of note_expression().
        """
        what = f"Note which statements of {revision} are done: alembic goes on from there, too."
        return self._note_block(what, comment, _KNOWN)

    def clear_note(self, revision: str) -> str:
        """Return what takes the note away, in the open transaction."""
        return self._note_block(f"Forget the note about {revision}, which is done.", "theirs")

    def _note_block(self, what: str, comment: str, known: str = "") -> str:
        return plpgsql_blocks.quoted_for(_WRITE_NOTE, [comment]).format(
            what=what,
            place=_PLACE,
            literal=quote_literal(self.table),
            comment=comment,
            known=known,
        )


def _array(names: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(quote_literal, sorted(names)))}]::text[]"
