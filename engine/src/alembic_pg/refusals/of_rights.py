"""List the refusals of a whole run whose role lacks a right that a pending statement needs."""

from __future__ import annotations

from functools import partial

from alembic_pg.refusals.refusal import Basis, RefusalKind

_kind = partial(RefusalKind, basis=Basis.TARGET)

NOT_OWNER = _kind(
    "not-owner",
    "a statement that only the owner of what it changes or drops may execute",
    "{role} does not own {object}: {statement}.",
    "Name its owner {owner} in DATABASE_URL, or GRANT {owner} TO {role}.",
)
NO_PRIVILEGE = _kind(
    "no-privilege",
    "INSERT, UPDATE, DELETE or TRUNCATE of a table where the role has no such privilege",
    "{role} may not {privilege} {object}: {statement}.",
    "Name its owner {owner} in DATABASE_URL, or GRANT {privilege} ON {object} TO {role}.",
)
NO_CREATE = _kind(
    "no-create",
    "a statement that creates something in a schema where the role may not",
    "{role} may not create anything in the schema {object}: {statement}.",
    "Name its owner {owner} in DATABASE_URL, or GRANT CREATE ON SCHEMA {object} TO {role}.",
)
NO_CREATEROLE = _kind(
    "no-createrole",
    "CREATE ROLE by a role without CREATEROLE",
    "{role} may not create the role {object} ({error}): {statement}.",
    "Let a superuser ALTER ROLE {role} CREATEROLE, or create the role before.",
)
NO_EXTENSION = _kind(
    "no-extension",
    "CREATE EXTENSION by a role that may not create it",
    "{role} may not create the extension {object} ({error}): {statement}.",
    "Let a superuser create it in this database before.",
)
NO_CREATE_SCHEMA = _kind(
    "no-create-schema",
    "CREATE SCHEMA by a role without CREATE on the database",
    "{role} may not create the schema {object} ({error}): {statement}.",
    "Let the database's owner GRANT CREATE ON DATABASE to {role}, or create the schema before.",
)

ALL = tuple(value for value in vars().values() if isinstance(value, RefusalKind))
