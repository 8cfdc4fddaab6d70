"""Define the parts of a schema as its pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

# A schema and a name in it.
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Reference:
    """Point to an object that may have a page.

    kind: "relation", "function" or "type". arguments: of a function.
    """

    kind: str
    key: Key
    arguments: str = ""


@dataclass(frozen=True)
class Grant:
    """Say what a role may do with an object. column: "" for all of them."""

    role: str
    privileges: str
    column: str = ""

    @property
    def name(self) -> str:
        """What tells it from the others of an object."""
        return f"{self.role} {self.column}"


@dataclass(frozen=True)
class Column:
    """Hold a column.

    default: also the expression of a generated one. generated: "", "stored", "virtual" or the kind
    of identity. type_of: the enum, domain or composite that is its type, or that of its elements.
    """

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    generated: str = ""
    collation: str = ""
    comment: str = ""
    type_of: Reference | None = None


@dataclass(frozen=True)
class Constraint:
    """Hold a constraint, as PostgreSQL prints it.

    kind: "primary key", "unique", "foreign key", "check" or "exclude". columns: in its order.
    refers_to, to_columns: of a foreign key. valid: whether all rows were looked at.
    """

    name: str
    kind: str
    definition: str
    columns: tuple[str, ...] = ()
    refers_to: Key | None = None
    to_columns: tuple[str, ...] = ()
    valid: bool = True
    comment: str = ""


@dataclass(frozen=True)
class Part:
    """Hold an index, a trigger or a policy, by its definition in SQL. note: what is unusual."""

    name: str
    definition: str
    note: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Size:
    """Hold how large a table is. bytes: with indexes. rows: of the statistics, -1 for unknown."""

    bytes: int
    rows: int


@dataclass(frozen=True)
class Relation:
    """Hold a table or a view.

    kind: "table", "partitioned table", "foreign table", "view" or "materialized view".
    owner: "" where it is the role that built a scratch database. definition: a view's query.
    partitioned_by: the key of partitions. partitions: their names and bounds. inherits: parents.
    notes: what else is unusual. size: None where no live database gives it.
    depends_on, used_by: of views, functions and the like, foreign keys apart.
    """

    key: Key
    kind: str
    owner: str = ""
    comment: str = ""
    definition: str = ""
    partitioned_by: str = ""
    partitions: tuple[Part, ...] = ()
    inherits: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    size: Size | None = None
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Part, ...] = ()
    triggers: tuple[Part, ...] = ()
    policies: tuple[Part, ...] = ()
    grants: tuple[Grant, ...] = ()
    depends_on: tuple[Reference, ...] = ()
    used_by: tuple[Reference, ...] = ()

    @property
    def is_view(self) -> bool:
        """Whether it is a view of either kind."""
        return self.kind.endswith("view")

    @property
    def foreign_keys(self) -> tuple[Constraint, ...]:
        """The constraints that refer to tables."""
        return tuple(one for one in self.constraints if one.refers_to is not None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        keys = (one.columns for one in self.constraints if one.kind == "primary key")
        return next(keys, ())


@dataclass(frozen=True)
class Function:
    """Hold a function, procedure or aggregate.

    arguments: those that tell it from others of its name. definition: "" for an aggregate.
    mentions: tables whose names stand in its body, which PostgreSQL does not track.
    """

    key: Key
    arguments: str
    kind: str
    result: str = ""
    language: str = ""
    owner: str = ""
    comment: str = ""
    definition: str = ""
    grants: tuple[Grant, ...] = ()
    depends_on: tuple[Reference, ...] = ()
    mentions: tuple[Reference, ...] = ()
    used_by: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class UserType:
    """Hold an enum, a domain, a composite or a range. details: its values, checks or fields."""

    key: Key
    kind: str
    comment: str = ""
    details: tuple[str, ...] = ()
    used_by: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Sequence:
    """Hold a sequence that belongs to no column. details: in words."""

    key: Key
    details: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Extension:
    """Hold an extension. version: "" where it is that of a scratch server."""

    name: str
    schema: str
    version: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Role:
    """Hold a role that the schema names.

    attributes: what it is, of a live database. member_of: the roles whose rights it has.
    """

    name: str
    attributes: tuple[str, ...] = ()
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Namespace:
    """Hold a schema in PostgreSQL's sense."""

    name: str
    owner: str = ""
    comment: str = ""
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class Other:
    """Hold an object of a kind that has no page.

    key: the kind, as PostgreSQL names it, and the name. details: in SQL or words.
    """

    key: Key
    details: str = ""
    comment: str = ""

    @property
    def is_sql(self) -> bool:
        """Whether the details are a statement."""
        return self.details.startswith("CREATE ")


@dataclass(frozen=True)
class Schema:
    """Hold all that the pages show of a database, each kind sorted by name.

    major: PostgreSQL's version.
    """

    major: int
    relations: tuple[Relation, ...] = ()
    functions: tuple[Function, ...] = ()
    types: tuple[UserType, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    extensions: tuple[Extension, ...] = ()
    roles: tuple[Role, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    others: tuple[Other, ...] = ()

    @property
    def tables(self) -> tuple[Relation, ...]:
        """The relations that are no views."""
        return tuple(one for one in self.relations if not one.is_view)

    @property
    def views(self) -> tuple[Relation, ...]:
        """The relations that are views."""
        return tuple(one for one in self.relations if one.is_view)
