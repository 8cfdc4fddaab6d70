"""Write a call of Alembic's as Python source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from alembic_pg.autogenerate.ops.statement_source import escape_colons, python_literal


@dataclass(frozen=True)
class Call:
    """A call of one of Alembic's operations.

    function: its name. name: the name of the constraint or index that comes first, "" where the
    operation has none. arguments: the source of all others, in their order.
    """

    function: str
    name: str
    arguments: list[str] = field(default_factory=list)

    def source(self, *, final_names: bool = False) -> str:
        """Return the source. final_names: whether a naming convention would change a plain name."""
        name = string(self.name)
        named = [f"op.f({name})" if final_names else name] if self.name else []
        return f"op.{self.function}({', '.join([*named, *self.arguments])})"

    @property
    def imports_postgresql(self) -> bool:
        """Whether the source needs SQLAlchemy's module of that name."""
        return any(re.search(r"\bpostgresql\.", argument) for argument in self.arguments)


def string(text: str) -> str:
    """Return the source of a string in one line."""
    return python_literal(text) if "\n" not in text else repr(text)


def names(some: list[str]) -> str:
    """Return the source of a list of names."""
    return f"[{', '.join(map(string, some))}]"


def sql_text(expression: str) -> str:
    """Return the source of an SQL expression."""
    return f"sa.text({string(escape_colons(expression))})"


def table_arguments(table: tuple[str, str]) -> tuple[str, list[str]]:
    """Return the source of a table's name, and the argument for its schema where it needs one."""
    schema, name = table
    return string(name), [] if schema == "public" else [f"schema={string(schema)}"]
