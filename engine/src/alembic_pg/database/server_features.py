"""Tell from the server's version which statements it knows.

Versions are as server_version_num has them; each is the first one that has the feature (the
release notes of PostgreSQL, Appendix E).
"""

from __future__ import annotations

from dataclasses import dataclass

# The oldest version that is supported and tested.
OLDEST_VERSION = 15_00_00

# ALTER TABLE … ALTER COLUMN … SET EXPRESSION.
SET_EXPRESSION_SINCE = 17_00_00

# An identity column of a partitioned table: its partitions share the sequence.
PARTITIONED_IDENTITY_SINCE = 17_00_00

# The setting transaction_timeout.
TRANSACTION_TIMEOUT_SINCE = 17_00_00

# A NOT NULL is a constraint in pg_constraint: it has a name, and a child has one for itself.
NAMED_NOT_NULL_SINCE = 18_00_00

# ALTER TABLE … ADD CONSTRAINT … NOT NULL … NOT VALID.
NOT_NULL_NOT_VALID_SINCE = 18_00_00

# A FOREIGN KEY of a partitioned table may be NOT VALID.
PARTITIONED_FOREIGN_KEY_NOT_VALID_SINCE = 18_00_00


@dataclass(frozen=True)
class ServerFeatures:
    """How differences are expressed for a server.

    version: the server's, as its server_version_num.
    recreate_enums: whether an enum that gains a value is made anew, since the value is used in the
    same transaction. recreate_virtual: whether a virtual column that gets another expression is
    made anew, since PostgreSQL 18 refuses that in a table with a CHECK or of a publication.
    """

    version: int
    recreate_enums: bool = False
    recreate_virtual: bool = False

    @property
    def has_named_not_null(self) -> bool:
        """Whether a NOT NULL is a constraint with a name, which a child has for itself."""
        return self.version >= NAMED_NOT_NULL_SINCE

    def can_set_expression(self, *, is_virtual: bool) -> bool:
        """Return whether a generated column, virtual or stored, can get another expression."""
        return self.version >= SET_EXPRESSION_SINCE and not (is_virtual and self.recreate_virtual)


def major_of(version: int) -> int:
    """Return the major version of a server. version: as server_version_num has it."""
    return version // 1_00_00
