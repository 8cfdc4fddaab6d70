"""What the server can do, and what has to be done in another way than the usual one."""

from __future__ import annotations

from dataclasses import dataclass

# ALTER TABLE … ALTER COLUMN … SET EXPRESSION (PostgreSQL 17, release notes).
_SET_EXPRESSION = 17_00_00

# NOT NULL constraints in pg_constraint (PostgreSQL 18, release notes).
_NAMED_NOT_NULL = 18_00_00


@dataclass(frozen=True)
class ServerFeatures:
    """How differences are expressed.

    version: the server's, as its server_version_num. renew: whether an enum that gains a value
    comes anew, since the value is used in the same transaction.
    """

    version: int
    renew: bool = False

    @property
    def names_not_nulls(self) -> bool:
        """Whether a NOT NULL is a constraint with a name, which a child has for itself."""
        return self.version >= _NAMED_NOT_NULL

    @property
    def sets_expressions(self) -> bool:
        """Whether a generated column can get another expression."""
        return self.version >= _SET_EXPRESSION
