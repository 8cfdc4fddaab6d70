"""A column that another one will be replaced by: its twin in another type, kept by a trigger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ddl.compare.names import literal, quoted
from ddl.database import reason
from ddl.online import batches
from ddl.online.batches import Rows
from ddl.online.names import ours, unquoted

if TYPE_CHECKING:
    from ddl.online.catalog import Relation
    from ddl.online.runner import Runner

_FOUND = """
SELECT col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = :table AND attname = :column AND NOT attisdropped
"""

# Data exceptions (Appendix A): a value that the new type cannot hold.
_DATA = "22"


@dataclass(frozen=True)
class Shadow:
    """The column's names, quoted; type: with its collation. using: what it becomes, or ""."""

    table: Relation
    column: str
    type: str
    using: str
    key: str

    @property
    def on(self) -> str:
        """The table, as a statement names it."""
        return quoted(self.table.schema, self.table.name)

    @property
    def name(self) -> str:
        """The new column."""
        return quoted(ours(unquoted(self.column), "new"))

    @property
    def trigger(self) -> str:
        """The trigger; those of the table fire in the order of their names, this one last."""
        return quoted(ours(f"zzz_{unquoted(self.column)}", "keep"))

    @property
    def function(self) -> str:
        """The trigger's function."""
        name = ours(f"{self.table.name}_{unquoted(self.column)}", "keep")
        return quoted(self.table.schema, name)

    def create(self, runner: Runner) -> None:
        """Add it with its trigger, unless it is there; one for another purpose goes first."""
        found = runner.rows(_FOUND, table=self.table.oid, column=unquoted(self.name))
        if found and found[0][0] == self.key:
            return
        if found:
            self.drop(runner)
        alter = f"ALTER TABLE {self.on}"
        runner.step(
            f"{alter} ADD COLUMN {self.name} {self.type}",
            f"COMMENT ON COLUMN {self.on}.{self.name} IS {literal(self.key)}",
            f"CREATE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql "
            f"SET search_path FROM CURRENT AS {literal(self._body)}",
            f"CREATE TRIGGER {self.trigger} BEFORE INSERT OR UPDATE ON {self.on} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.function}()",
            f"{alter} ENABLE ALWAYS TRIGGER {self.trigger}",
        )

    @property
    def _body(self) -> str:
        if not self.using:
            # An assignment, which refuses what a cast would cut off.
            return f"BEGIN NEW.{self.name} := NEW.{self.column}; RETURN NEW; END"
        row = f"FROM (SELECT NEW.*) AS {quoted(self.table.name)}"
        # A column may be called like a variable of PL/pgSQL: found, say.
        return (
            "#variable_conflict use_column\n"
            f"BEGIN SELECT {self.using} INTO NEW.{self.name} {row}; RETURN NEW; END"
        )

    def fill(self, runner: Runner) -> None:
        """Fill it for the rows that are there. Raises UserError for what it cannot hold."""
        value = self.using or self.column
        rows = Rows(
            "UPDATE",
            quoted(self.table.name),
            f"SET {self.name} = {value}",
            # A row of nulls IS NULL, too, and is a value.
            f"{self.name} IS NOT DISTINCT FROM NULL AND ({value}) IS DISTINCT FROM NULL",
        )
        try:
            batches.run(runner, self.table, rows, unseen=True)
        except DBAPIError as error:
            if not reason.sqlstate(error).startswith(_DATA):
                raise
            raise runner.refuse(
                f"not every {self.column} of {self.table.shown} can become {self.type}: "
                f"{reason.of(error)}."
            ) from error

    def drop(self, runner: Runner) -> None:
        """Take it away, with all that hangs on it."""
        runner.step(
            f"DROP TRIGGER IF EXISTS {self.trigger} ON {self.on}",
            f"DROP FUNCTION IF EXISTS {self.function}()",
            f"ALTER TABLE {self.on} DROP COLUMN IF EXISTS {self.name} CASCADE",
        )
