"""Tell which event triggers of the target see what pending statements do, and may refuse it.

Those of extensions are left out, and those of PL/pgSQL that raise no exception. Whether one of the
others refuses a statement, only it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_pg.online.strategies.strategy import REWRITE
from alembic_pg.sql import parser, statements
from alembic_pg.sql.lexer import tokenize
from alembic_pg.sql.split import statement_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic_pg.database.session import Session
    from alembic_pg.online.strategies.strategy import ExecutionSummary

_EVENT_TRIGGERS = r"""
SELECT quote_ident(evtname) AS name, evtevent AS event, evtfoid::regprocedure::text AS function,
  coalesce(evttags, '{}') AS tags
FROM pg_event_trigger JOIN pg_proc AS p ON p.oid = evtfoid JOIN pg_language AS l ON l.oid = prolang
WHERE evtenabled IN ('O', 'A')
  AND evtevent IN ('ddl_command_start', 'ddl_command_end', 'sql_drop', 'table_rewrite')
  AND (lanname <> 'plpgsql' OR prosrc ~* '\mraise\M(?!\s+(debug|log|info|notice|warning)\M)')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'e' AND (
    classid = 'pg_event_trigger'::regclass AND objid = pg_event_trigger.oid
    OR classid = 'pg_proc'::regclass AND objid = p.oid))
ORDER BY evtname
"""

# What stands between the words of a command tag (42.3).
_NOT_IN_TAG = {
    *("UNIQUE", "OR", "REPLACE", "UNLOGGED", "TEMP", "TEMPORARY", "CONSTRAINT", "RECURSIVE"),
    *("TRUSTED", "PROCEDURAL", "GLOBAL", "LOCAL"),
}
_LONGEST_TAG = 4

_DDL = {
    *("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "REFRESH", "REINDEX", "IMPORT"),
    "SECURITY",
}
# Event triggers do not see what belongs to the whole server, nor themselves.
_UNSEEN = {"ROLE", "USER", "GROUP", "DATABASE", "TABLESPACE", "EVENT", "SYSTEM"}

_SWAP = (
    *("ALTER TABLE", "CREATE FUNCTION", "CREATE TRIGGER", "CREATE INDEX", "DROP TRIGGER"),
    *("DROP FUNCTION", "ALTER TABLE DROP"),
)

# What the steps of a statement execute beside it.
_STEPS: dict[type[statements.Statement], tuple[str, ...]] = {
    statements.AlterColumnType: _SWAP,
    statements.AddConstraint: ("CREATE INDEX",),
    statements.AddColumn: ("CREATE SEQUENCE", "DROP SEQUENCE"),
    statements.AddPartition: ("ALTER TABLE DROP",),
    statements.SetNotNull: ("ALTER TABLE DROP",),
}


@dataclass(frozen=True)
class EventTrigger:
    """An event trigger. function: which it calls. tags: of what it sees, empty for all."""

    name: str
    event: str
    function: str
    tags: frozenset[str]

    def seen(self, command: str, *, rewrites: bool) -> str:
        """Return the tag of a command that it sees, "" of one that it does not.

        command: the words that a statement begins with. rewrites: whether it writes a table anew.
        """
        tag = next((one for one in _possible_tags(command) if one in self.tags), "")
        tag = tag if self.tags else " ".join(command.split()[:2])
        if self.event == "sql_drop":
            return tag if "DROP" in command.split() else ""
        if self.event == "table_rewrite":
            return tag if rewrites else ""
        return tag


@dataclass
class SeenCommands:
    """Collects what the statements of a revision do that event triggers see."""

    triggers: Sequence[EventTrigger]

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._seen: dict[EventTrigger, dict[str, None]] = {}

    def add(self, sql: str, how: ExecutionSummary) -> None:
        """Take a text of statements. how: by which it is executed."""
        for trigger in self.triggers:
            rewrites = how.effect == REWRITE
            for command in _commands(sql, in_steps=bool(how.steps)):
                if tag := trigger.seen(command, rewrites=rewrites):
                    self._seen.setdefault(trigger, {})[tag] = None

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each event trigger that sees something."""
        for trigger, tags in self._seen.items():
            what = "what is rewritten" if trigger.event == "table_rewrite" else ", ".join(tags)
            yield (
                f"The event trigger {trigger.name} ({trigger.function}) sees {what}, and may "
                "refuse it."
            )


def read_event_triggers(session: Session) -> list[EventTrigger]:
    """Return those of the target that may refuse something."""
    return [
        EventTrigger(row.name, row.event, row.function, frozenset(row.tags))
        for row in session.fetch_rows(_EVENT_TRIGGERS)
    ]


def _commands(sql: str, *, in_steps: bool) -> Iterator[str]:
    """Yield the words that statements begin with, and those of their steps."""
    for text in statement_texts(sql):
        words = [token.keyword for token in tokenize(text) if token.keyword]
        drops = words[:2] == ["ALTER", "TABLE"] and "DROP" in words
        command = [word for word in words if word not in _NOT_IN_TAG][:_LONGEST_TAG]
        if command[:1] and command[0] in _DDL and not _UNSEEN & set(command[1:2]):
            yield "ALTER TABLE DROP" if drops else " ".join(command)
    if in_steps:
        statement = parser.parse(sql)
        yield "COMMENT"
        yield from _STEPS.get(type(statement), ()) if statement is not None else ()


def _possible_tags(command: str) -> Iterable[str]:
    words = command.split()
    yield from (" ".join(words[:count]) for count in range(_LONGEST_TAG, 0, -1))
    if words[:2] == ["CREATE", "TABLE"]:
        yield "CREATE TABLE AS"
