"""Swap the shadow column for the old one in one transaction, with all that the old one has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_pg.online.run.helper_names import catalog_name, helper_name
from alembic_pg.sql.quoting import quote_literal, quote_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from alembic_pg.online.column_swap.dependents import Dependents
    from alembic_pg.online.column_swap.shadow_column import ShadowColumn
    from alembic_pg.online.run.revision_runner import Runner

_COLUMN = """
SELECT pg_get_expr(adbin, adrelid) AS default, attidentity::text AS identity,
  attstattarget AS target, attoptions AS options, col_description(attrelid, attnum) AS comment,
  pg_get_serial_sequence(:shown, attname) AS sequence,
  (SELECT conname FROM pg_constraint WHERE conrelid = attrelid AND contype = 'n'
    AND conkey = ARRAY[attnum]) AS not_null,
  (SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = attrelid
    AND contype = 'n' AND conkey = ARRAY[attnum]) AS not_null_comment
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = :table AND attname = :column
"""

_GRANTS = """
SELECT privilege_type, is_grantable,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS role
FROM pg_attribute, aclexplode(attacl) WHERE attrelid = :table AND attname = :column
"""

_SEQUENCE = """
SELECT format('START %s INCREMENT %s CACHE %s %s CYCLE', seqstart, seqincrement, seqcache,
    CASE WHEN seqcycle THEN '' ELSE 'NO' END) AS options,
  CASE WHEN seqmin NOT IN (1, -2147483648, -32768, -9223372036854775808)
    THEN ' MINVALUE ' || seqmin ELSE '' END
  || CASE WHEN seqmax NOT IN (-1, 32767, 2147483647, 9223372036854775807)
    THEN ' MAXVALUE ' || seqmax ELSE '' END AS bounds,
  obj_description(oid, 'pg_class') AS comment, relacl IS NOT NULL AS granted,
  quote_ident(pg_get_userbyid(relowner)) AS owner
FROM pg_sequence JOIN pg_class ON oid = seqrelid WHERE seqrelid = to_regclass(:name)
"""

_SEQUENCE_GRANTS = """
SELECT privilege_type, is_grantable,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS role
FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(:name)
"""


def swap_statements(
    runner: Runner, shadow: ShadowColumn, parts: Dependents, *, keeps_default: bool = True
) -> list[str]:
    """Return what lets the new column be the old one; all is asked before the first lock.

    keeps_default: whether the new one gets the default of the old one.
    """
    others = parts.other_tables()
    parameters = {"table": shadow.table.oid, "column": catalog_name(shadow.old_column)}
    old = runner.fetch_rows(_COLUMN, shown=shadow.table_name, **parameters)[0]
    new = runner.fetch_rows(
        _COLUMN,
        shown=shadow.table_name,
        table=shadow.table.oid,
        column=catalog_name(shadow.new_column),
    )[0]
    grants = runner.fetch_rows(_GRANTS, **parameters)
    statements = [
        f"LOCK TABLE {', '.join([shadow.table_name, *others])} IN ACCESS EXCLUSIVE MODE",
        *_save_identity(old),
        *_drop_old(shadow, parts, old),
        *_rename_new(shadow, parts),
        *(_set_default(shadow, old) if keeps_default else []),
        *_copy_attributes(shadow, old, new, grants),
        *_continue_sequence(runner, old),
        *_copy_comments(shadow, parts),
    ]
    return [
        statement.replace("{on}", shadow.table_name).replace("{column}", shadow.old_column)
        for statement in statements
    ]


def _drop_old(shadow: ShadowColumn, parts: Dependents, old: Row[Any]) -> list[str]:
    statements = [
        f"ALTER TABLE {part.on} DROP CONSTRAINT {quote_name(part.name)}"
        for part in parts.constraints
    ]
    for part in parts.indexes:
        if part.constraint:
            name = quote_name(part.constraint)
            statements.append(f"ALTER TABLE {shadow.table_name} DROP CONSTRAINT {name}")
        else:
            statements.append(f"DROP INDEX {quote_name(shadow.table.schema, part.name)}")
    if old.sequence and not old.identity:
        statements.append(f"ALTER SEQUENCE {old.sequence} OWNED BY NONE")
    return [
        *statements,
        f"DROP TRIGGER {shadow.trigger} ON {shadow.table_name}",
        f"DROP FUNCTION {shadow.function}()",
        f"ALTER TABLE {shadow.table_name} DROP COLUMN {shadow.old_column}",
        f"ALTER TABLE {shadow.table_name} RENAME COLUMN {shadow.new_column} TO {shadow.old_column}",
    ]


def _rename_new(shadow: ShadowColumn, parts: Dependents) -> list[str]:
    statements = []
    for part in parts.indexes:
        new = quote_name(helper_name(part.name, "new"))
        if part.constraint:
            kind = "PRIMARY KEY" if part.kind == "p" else "UNIQUE"
            statements.append(
                f"ALTER TABLE {shadow.table_name} ADD CONSTRAINT {quote_name(part.constraint)} "
                f"{kind} USING INDEX {new} {part.deferring}"
            )
        else:
            place = f"{quote_name(shadow.table.schema)}.{new}"
            statements.append(f"ALTER INDEX {place} RENAME TO {quote_name(part.name)}")
    for part in parts.constraints:
        new = quote_name(helper_name(part.name, "new"))
        statements.append(
            f"ALTER TABLE {part.on} RENAME CONSTRAINT {new} TO {quote_name(part.name)}"
        )
    return statements


def _set_default(shadow: ShadowColumn, old: Row[Any]) -> list[str]:
    alter = f"ALTER TABLE {shadow.table_name} ALTER COLUMN {shadow.old_column}"
    return [] if old.default is None else [f"{alter} SET DEFAULT {old.default}"]


def _copy_attributes(shadow: ShadowColumn, old: Row[Any], new: Row[Any], grants: Any) -> list[str]:  # noqa: ANN401  # rows
    """Return what gives the new column the attributes of the old one."""
    on, alter = (
        shadow.table_name,
        f"ALTER TABLE {shadow.table_name} ALTER COLUMN {shadow.old_column}",
    )
    comment = "NULL" if old.comment is None else quote_literal(old.comment)
    statements = [f"COMMENT ON COLUMN {on}.{shadow.old_column} IS {comment}"]
    if old.target is not None and old.target >= 0:
        statements.append(f"{alter} SET STATISTICS {old.target}")
    if old.options:
        statements.append(f"{alter} SET ({', '.join(old.options)})")
    if old.not_null and new.not_null and old.not_null != new.not_null:
        names = f"{quote_name(new.not_null)} TO {quote_name(old.not_null)}"
        statements.append(f"ALTER TABLE {on} RENAME CONSTRAINT {names}")
    if old.not_null_comment and new.not_null:
        named = f"COMMENT ON CONSTRAINT {quote_name(old.not_null)} ON {on}"
        statements.append(f"{named} IS {quote_literal(old.not_null_comment)}")
    for grant in grants:
        option = " WITH GRANT OPTION" if grant.is_grantable else ""
        what = f"{grant.privilege_type} ({shadow.old_column})"
        statements.append(f"GRANT {what} ON {on} TO {grant.role}{option}")
    return statements


def _save_identity(old: Row[Any]) -> list[str]:
    """Return what notes where the numbers of an identity are, whose sequence goes with it."""
    if not (old.sequence and old.identity):
        return []
    last = "set_config('ddl.last', last_value::text, true)"
    called = "set_config('ddl.called', is_called::text, true)"
    return [f"SELECT {last}, {called} FROM {old.sequence}"]  # noqa: S608  # the catalog's


def _continue_sequence(runner: Runner, old: Row[Any]) -> list[str]:
    """Return what lets the numbers go on."""
    if not old.sequence:
        return []
    if not old.identity:
        return [f"ALTER SEQUENCE {old.sequence} OWNED BY {{on}}.{{column}}"]
    found = runner.fetch_rows(_SEQUENCE, name=old.sequence)[0]
    kind = "ALWAYS" if old.identity == "a" else "BY DEFAULT"
    on = f"ON SEQUENCE {old.sequence}"
    grants = [f"REVOKE ALL {on} FROM {found.owner}"] if found.granted else []
    for grant in runner.fetch_rows(_SEQUENCE_GRANTS, name=old.sequence):
        option = " WITH GRANT OPTION" if grant.is_grantable else ""
        grants.append(f"GRANT {grant.privilege_type} {on} TO {grant.role}{option}")
    if found.comment:
        grants.append(f"COMMENT {on} IS {quote_literal(found.comment)}")
    last, called = "current_setting('ddl.last')::bigint", "current_setting('ddl.called')::bool"
    return [
        (
            f"ALTER TABLE {{on}} ALTER COLUMN {{column}} ADD GENERATED {kind} AS IDENTITY "
            f"(SEQUENCE NAME {old.sequence} {found.options}{found.bounds})"
        ),
        f"SELECT setval({quote_literal(old.sequence)}, {last}, {called})",
        *grants,
    ]


def _copy_comments(shadow: ShadowColumn, parts: Dependents) -> list[str]:
    schema = shadow.table.schema
    return [
        *(
            f"COMMENT ON INDEX {quote_name(schema, part.name)} IS {quote_literal(part.comment)}"
            for part in parts.indexes
            if part.comment
        ),
        *(
            f"ALTER INDEX {quote_name(schema, part.name)} ALTER COLUMN {target}"
            for part in parts.indexes
            for target in part.targets
        ),
        *(
            f"COMMENT ON CONSTRAINT {quote_name(part.constraint)} ON {shadow.table_name} "
            f"IS {quote_literal(part.constraint_comment)}"
            for part in parts.indexes
            if part.constraint_comment
        ),
        *(
            f"COMMENT ON CONSTRAINT {quote_name(part.name)} ON {part.on} IS "
            f"{quote_literal(part.comment)}"
            for part in parts.constraints
            if part.comment
        ),
    ]
