"""Classify statements that change rows, by PostgreSQL's own grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# The name of a kind of sql/statements.py, "" for none, and what it says.
Facts = tuple[str, dict[str, Any]]


def relation_name(relation: Any) -> list[str]:  # noqa: ANN401  # protobuf's
    """Return the parts of the name of a table."""
    parts = (relation.catalogname, relation.schemaname, relation.relname)
    return [part for part in parts if part]


def changes_rows(node: Any) -> bool:  # noqa: ANN401
    """Return whether a statement, or what it contains, changes rows that are there."""
    kind = node.WhichOneof("node")
    if kind is None:
        return False
    statement = getattr(node, kind)
    if kind in {"update_stmt", "delete_stmt", "merge_stmt"}:
        return True
    if kind in {"copy_stmt", "prepare_stmt", "create_table_as_stmt"}:
        return changes_rows(statement.query)
    if kind == "insert_stmt" and statement.on_conflict_clause.action:
        clause = statement.on_conflict_clause
        action = clause.DESCRIPTOR.fields_by_name["action"].enum_type.values_by_number
        if action[clause.action].name == "ONCONFLICT_UPDATE":
            return True
    if kind in {"insert_stmt", "select_stmt"}:
        parts = [one.common_table_expr.ctequery for one in statement.with_clause.ctes]
        return any(map(changes_rows, parts))
    return False


def update_facts(one: Any) -> Facts:  # noqa: ANN401
    """Return what an UPDATE is."""
    if _needs_planner(one):
        return "UnbatchedWrite", {}
    table = relation_name(one.relation)
    alias = one.relation.alias.aliasname
    return "UpdateOrDelete", {
        "table": table,
        "verb": "UPDATE",
        "alias": [alias or table[-1]],
        "single_table": not one.from_clause,
        "backfill_column": _backfill_column(one),
    }


def delete_facts(one: Any) -> Facts:  # noqa: ANN401
    """Return what a DELETE is."""
    if _needs_planner(one):
        return "UnbatchedWrite", {}
    table = relation_name(one.relation)
    return "UpdateOrDelete", {
        "table": table,
        "verb": "DELETE FROM",
        "alias": [one.relation.alias.aliasname or table[-1]],
        "single_table": not one.using_clause,
        "backfill_column": [],
    }


def _needs_planner(one: Any) -> bool:  # noqa: ANN401
    """Return whether batches cannot be made of a statement."""
    names = [node.column_ref.fields for node in _nodes(one) if _is(node, "column_ref")]
    return (
        not one.relation.inh
        or bool(one.with_clause.ctes)
        or bool(one.returning_clause.exprs)
        or _is(one.where_clause, "current_of_expr")
        or any(_has_schema(parts, one.relation.relname) for parts in names)
    )


def _has_schema(fields: Any, table: str) -> bool:  # noqa: ANN401
    """Return whether a column is named with its table and that one's schema."""
    return table in [node.string.sval for node in fields[1:-1]]


def _backfill_column(one: Any) -> list[str]:  # noqa: ANN401
    """Return c of ``SET c = value WHERE c IS NULL``, whose value asks no table; else nothing."""
    alias, table = one.relation.alias.aliasname, one.relation.relname
    if one.from_clause or len(one.target_list) > 1 or alias not in {"", table}:
        return []
    target = one.target_list[0].res_target
    value = [*_nodes(target.val)]
    test = one.where_clause.null_test
    fields = test.arg.column_ref.fields
    is_null = test.DESCRIPTOR.fields_by_name["nulltesttype"].enum_type.values_by_number
    if (
        target.indirection
        or is_null[test.nulltesttype].name != "IS_NULL"
        or [node.string.sval for node in fields] != [target.name]
        or any(_is(node, "sub_link") or _is(node, "set_to_default") for node in value)
        or _is(target.val, "multi_assign_ref")
    ):
        return []
    return [target.name]


def _is(node: Any, kind: str) -> bool:  # noqa: ANN401
    return bool(node.DESCRIPTOR.name == "Node" and node.WhichOneof("node") == kind)


def _nodes(message: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield a part of a tree, and all below it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if field.is_repeated else [value]:
                yield from _nodes(one)
