"""Create, fill, verify and drop a shadow column: a second one that a trigger keeps up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_pg.database import errors
from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.refusals import of_batches
from alembic_pg.sql.quoting import quote_literal, quote_name
from alembic_pg.sql.row_ranges import RowChange

if TYPE_CHECKING:
    from alembic_pg.database.catalog import Relation
    from alembic_pg.online.run.revision_runner import Runner

_SHADOW_COMMENT = """
SELECT col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = :table AND attname = :column AND NOT attisdropped
"""

# What the text of a value, or its time zone, depends on (20.11).
_TEXT_SETTINGS = (
    *("TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "bytea_output"),
    *("lc_monetary", "lc_numeric", "lc_time", "xmlbinary", "xmloption"),
)

# A row of nulls IS NULL, too, and is a value; the test for that takes longer.
_ARE_SCALAR = """
SELECT bool_and(typtype IN ('b', 'e', 'r', 'm')) FROM pg_attribute
JOIN pg_type ON pg_type.oid = atttypid WHERE attrelid = :table AND attname = ANY (:names)
"""

# Sets for a transaction what a function has, beside its search_path.
_APPLY_SETTINGS = """
SELECT set_config(split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1), true)
FROM pg_proc, unnest(proconfig) AS setting
WHERE pg_proc.oid = to_regproc({}) AND NOT starts_with(setting, 'search_path=')
"""

# What the filling says in its transactions: it needs no trigger, which would take as long again.
_FILLING_SETTING = "ddl.filling"


@dataclass(frozen=True)
class ShadowColumn:
    """A second column of a table, which will replace another one.

    table: that has both.
    old_column: the name of the column that is replaced, quoted.
    type: the new one, with its collation.
    using: the expression of the new value, "" where it is an assignment.
    statement_key: of the statement that changes the type.
    keeps_settings: whether the value depends on settings, which are those of the first session.
    sources: the columns, quoted, of which alone the value comes; () where that is not known.
    """

    table: Relation
    old_column: str
    type: str
    using: str
    statement_key: str
    keeps_settings: bool = False
    sources: tuple[str, ...] = ()

    @property
    def table_name(self) -> str:
        """The table, as a statement names it."""
        return quote_name(self.table.schema, self.table.name)

    @property
    def new_column(self) -> str:
        """The new column."""
        return quote_name(helper_name(catalog_name(self.old_column), "new"))

    @property
    def trigger(self) -> str:
        """The trigger; those of the table fire in the order of their names, this one last."""
        return quote_name(helper_name(f"zzz_{catalog_name(self.old_column)}", "keep"))

    @property
    def function(self) -> str:
        """The trigger's function."""
        name = helper_name(f"{self.table.name}_{catalog_name(self.old_column)}", "keep")
        return quote_name(self.table.schema, name)

    def create(self, runner: Runner) -> None:
        """Add it with its trigger, unless it is there; one for another purpose goes first."""
        found = runner.fetch_rows(
            _SHADOW_COMMENT, table=self.table.oid, column=catalog_name(self.new_column)
        )
        if found and found[0][0] == self.statement_key:
            return
        if found:
            self.drop(runner)
        alter = f"ALTER TABLE {self.table_name}"
        runner.run_short(
            f"{alter} ADD COLUMN {self.new_column} {self.type}",
            f"COMMENT ON COLUMN {self.table_name}.{self.new_column} "
            f"IS {quote_literal(self.statement_key)}",
            # Who writes may use neither the functions nor the types that it needs.
            f"CREATE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
            f"{' '.join(f'SET {name} FROM CURRENT' for name in self._settings)} "
            f"AS {quote_literal(self._body)}",
            f"CREATE TRIGGER {self.trigger} BEFORE INSERT OR UPDATE ON {self.table_name} "
            f"FOR EACH ROW WHEN (current_setting('{_FILLING_SETTING}', true) IS DISTINCT FROM "
            f"'on') "
            f"EXECUTE FUNCTION {self.function}()",
            f"{alter} ENABLE ALWAYS TRIGGER {self.trigger}",
        )

    @property
    def _settings(self) -> list[str]:
        return ["search_path", *(_TEXT_SETTINGS if self.keeps_settings else [])]

    @property
    def _body(self) -> str:
        if not self.using:
            # An assignment, which refuses what a cast would cut off.
            assignment = f"NEW.{self.new_column} := NEW.{self.old_column}"
            return f"BEGIN {self._return_unchanged}{assignment}; RETURN NEW; END"
        row = f"FROM (SELECT NEW.*) AS {quote_name(self.table.name)}"
        # A column may be called like a variable of PL/pgSQL: found, say.
        return (
            "#variable_conflict use_column\n"
            f"BEGIN {self._return_unchanged}"
            f"SELECT {self.using} INTO NEW.{self.new_column} {row}; RETURN NEW; END"
        )

    @property
    def _return_unchanged(self) -> str:
        """What lets a row be that has its value already.

        Else who writes another column would wait until a long value is made and stored anew. They
        are compared byte by byte: a type may have no equality, or one that takes two texts for one.
        """
        if not self.sources:
            return ""
        names = [*self.sources, self.new_column]
        new, old = (
            f"ROW({', '.join(f'{row}.{name}' for name in names)})" for row in ("NEW", "OLD")
        )
        return (
            f"IF TG_OP = 'UPDATE' THEN IF NEW.{self.new_column} IS NOT NULL AND "
            f"pg_catalog.record_image_eq({new}, {old}) THEN RETURN NEW; END IF; END IF; "
        )

    def fill(self, runner: Runner) -> None:
        """Fill it for the rows that are there. Raises UserError for what it cannot hold."""
        value = self.using or self.old_column
        condition = (
            f"{self.new_column} IS NOT DISTINCT FROM NULL AND ({value}) IS DISTINCT FROM NULL"
        )
        names = [catalog_name(self.new_column), catalog_name(self.old_column)]
        if not self.using and runner.first_value(_ARE_SCALAR, table=self.table.oid, names=names):
            condition = f"{self.new_column} IS NULL AND {self.old_column} IS NOT NULL"
        rows = RowChange(
            "UPDATE",
            quote_name(self.table.name),
            f"SET {self.new_column} = {value}",
            condition,
            every_row=True,
        )
        first = [f"SET LOCAL {_FILLING_SETTING} = 'on'", *self._apply_settings]
        try:
            runner.change_in_batches(self.table, rows, unseen=True, first=first)
        except DBAPIError as error:
            self.refuse_unfit_value(runner, error)
            raise

    def refuse_unfit_value(self, runner: Runner, error: DBAPIError) -> None:
        """Raise RefusedError where PostgreSQL fails for a value that it cannot hold."""
        if not errors.sqlstate(error).startswith(errors.DATA_EXCEPTION_CLASS):
            return
        refusal = of_batches.VALUES_WITHOUT_TYPE(
            self.table.display_name,
            column=self.old_column,
            type=self.type,
            error=errors.describe_error(error),
        )
        raise runner.refused_error(refusal) from error

    def verify(self, runner: Runner) -> None:
        """Raise RefusedError where it is not what it should be, whatever did that."""
        value, alias = (
            f"({self.using or self.old_column})::{self.type}",
            quote_name(self.table.name),
        )
        same = f"IS DISTINCT FROM ({value})"
        compared = (f"{self.new_column} {same}", f"{self.new_column}::text {same}::text")
        changed = of_batches.CHANGED_MEANWHILE(
            self.table.display_name, new=self.new_column, column=self.old_column
        )
        for differs in compared[self.keeps_settings :]:
            rows = f"SELECT FROM ONLY {self.table_name} AS {alias} WHERE {differs}"
            try:
                wrong = runner.has_row(rows, self._apply_settings, changed.text)
            except DBAPIError as error:
                if errors.sqlstate(error) != errors.SqlState.UNDEFINED_FUNCTION:
                    raise
                continue  # a type without an equality
            if wrong:
                raise runner.refused_error(changed)
            return

    @property
    def _apply_settings(self) -> list[str]:
        """What gives a transaction the settings of the session that began."""
        return (
            [_APPLY_SETTINGS.format(quote_literal(self.function)).strip()]
            if self.keeps_settings
            else []
        )

    @property
    def drop_statements(self) -> list[str]:
        """What takes it away, with all that hangs on it."""
        return [
            f"DROP TRIGGER IF EXISTS {self.trigger} ON {self.table_name}",
            f"DROP FUNCTION IF EXISTS {self.function}()",
            f"ALTER TABLE {self.table_name} DROP COLUMN IF EXISTS {self.new_column} CASCADE",
        ]

    def drop(self, runner: Runner) -> None:
        """Take it away."""
        runner.run_short(*self.drop_statements)
