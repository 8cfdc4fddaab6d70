"""Build statements again of the parts that the hand-written parser found in them.

What PostgreSQL reads in both is the same, where the parts are the right ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import postgast
from alembic_pg.sql import statements as kinds

if TYPE_CHECKING:
    from alembic_pg.sql.statements import Statement

# Where something stands in a text.
_PLACES = {"stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}

# What CREATE TABLE … PARTITION OF says beside the bound.
_BESIDE_BOUND = (
    *("table_elts", "partspec", "options", "oncommit", "tablespacename", "access_method"),
    "if_not_exists",
)


def text_of(one: Statement) -> str | None:  # noqa: C901, PLR0911, PLR0912  # one for each kind
    """Return a statement made of the parts of another one, None of one that has none."""
    match one:
        case kinds.CreateIndex():
            unique, there = "UNIQUE " * one.unique, "IF NOT EXISTS " * one.if_not_exists
            return f"CREATE {unique}INDEX {there}{one.name} ON {one.table} {one.rest}"
        case kinds.DropIndex():
            return f"DROP INDEX {'IF EXISTS ' * one.if_exists}{one.name}"
        case kinds.AddConstraint():
            name = f"CONSTRAINT {one.name} " if one.name else ""
            return f"{_alter(one.table, only=one.only)} ADD {name}{one.body}"
        case kinds.ValidateConstraint():
            return f"{_alter(one.table)} VALIDATE CONSTRAINT {one.name}"
        case kinds.SetNotNull():
            return f"{_alter(one.table, only=one.only)} ALTER COLUMN {one.column} SET NOT NULL"
        case kinds.AddColumn():
            return f"{_alter(one.table, only=one.only)} ADD COLUMN {one.column} {one.definition}"
        case kinds.AlterColumnType():
            using = f" USING {one.using}" if one.using else ""
            change = f"ALTER COLUMN {one.column} TYPE {one.definition}{using}"
            return f"{_alter(one.table, only=one.only)} {change}"
        case kinds.AddEnumValue():
            there = "IF NOT EXISTS " * one.if_not_exists
            return f"ALTER TYPE {one.table} ADD VALUE {there}{one.value}"
        case kinds.UpdateOrDelete():
            where = f" WHERE {one.condition}" if one.condition else ""
            return f"{one.verb} {one.table} AS {one.alias} {one.body}{where}"
        case kinds.OtherAlterTable():
            return f"{_alter(one.table)} {one.rest}"
        case kinds.AddPartition(is_attach=True):
            return f"{_alter(one.table)} ATTACH PARTITION {one.partition} {one.bound}"
        case kinds.AddPartition():
            return f"CREATE TABLE {one.partition} PARTITION OF {one.table} {one.bound}"
        case kinds.DetachPartition():
            return f"{_alter(one.table)} DETACH PARTITION {one.partition} CONCURRENTLY"
        case kinds.UnbatchedWrite():
            return one.sql
        case _:
            return None


def _alter(table: str, *, only: bool = False) -> str:
    return f"ALTER TABLE {'ONLY ' * only}{table}"


def same(sql: str, text: str) -> bool:
    """Return whether PostgreSQL reads the same in both, but for what the kinds leave out."""
    try:
        return _tree(sql) == _tree(text)
    except postgast.PgQueryError:
        return False


def _tree(sql: str) -> bytes:
    (raw,) = postgast.parse(sql).stmts
    _forget_places(raw)
    node = raw.stmt
    kind = node.WhichOneof("node")
    while kind in {"explain_stmt", "prepare_stmt", "copy_stmt", "create_table_as_stmt"}:
        node = getattr(node, kind).query
        kind = node.WhichOneof("node")
    _forget_unsaid(kind, getattr(node, kind))
    return bytes(node.SerializeToString(deterministic=True))


def _forget_unsaid(kind: str, one: Any) -> None:  # noqa: ANN401  # protobuf's
    """Take out of a statement what its parts do not say, or what is compared by itself."""
    if kind in {"index_stmt", "drop_stmt"}:
        one.concurrent = False
    elif kind in {"update_stmt", "delete_stmt"} and not one.relation.alias.aliasname:
        one.relation.alias.aliasname = one.relation.relname
    elif kind in {"alter_table_stmt", "rename_stmt", "alter_object_schema_stmt"}:
        one.missing_ok = False
        one.relation.inh = True
    elif kind == "create_stmt":
        for field in _BESIDE_BOUND:
            one.ClearField(field)
        one.relation.relpersistence = "p"


def _forget_places(message: Any) -> None:  # noqa: ANN401
    for field, value in list(message.ListFields()):
        if field.message_type is not None:
            for one in value if field.is_repeated else [value]:
                _forget_places(one)
        elif "location" in field.name or field.name in _PLACES:
            message.ClearField(field.name)
