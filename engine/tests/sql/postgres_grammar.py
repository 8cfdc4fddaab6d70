"""Classify statements by PostgreSQL's own grammar, as the hand-written parser should do it.

The grammar is libpg_query's, whose offsets are bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postgast import parse
from tests.sql import postgres_writes
from tests.sql.postgres_writes import relation_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.sql.postgres_writes import Facts

NONE: Facts = ("", {})

_CONSTRAINTS = {
    "CONSTR_CHECK": "CHECK",
    "CONSTR_FOREIGN": "FOREIGN",
    "CONSTR_UNIQUE": "UNIQUE",
    "CONSTR_PRIMARY": "PRIMARY",
    "CONSTR_EXCLUSION": "EXCLUDE",
}


def statement_ranges(sql: str) -> list[tuple[int, int]]:
    """Return where each statement of a text begins and ends, in characters."""
    encoded = sql.encode()
    found = []
    for raw in parse(sql).stmts:
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(encoded)
        found.append(tuple(len(encoded[:at].decode()) for at in (raw.stmt_location, end)))
    return [(start, end) for start, end in found]


def statement_facts(sql: str) -> list[Facts]:
    """Return what each statement of a text is; raises PgQueryError where it has no syntax."""
    return [node_facts(raw.stmt) for raw in parse(sql).stmts]


def node_facts(node: Any) -> Facts:  # noqa: ANN401  # protobuf's
    """Return what a statement is, by its tree."""
    kind = node.WhichOneof("node")
    statement = getattr(node, kind)
    if kind in _READERS:
        return _READERS[kind](statement)
    return ("UnbatchedWrite", {}) if postgres_writes.changes_rows(node) else NONE


def value_name(message: Any, field: str) -> str:  # noqa: ANN401
    """Return the name of the value of a field that is an enum."""
    number = getattr(message, field)
    return str(message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[number].name)


def _strings(nodes: Iterable[Any]) -> list[str]:
    return [node.string.sval for node in nodes]


def _option(options: Iterable[Any], name: str) -> bool:
    """Return the value of an option in brackets, the last one of its name."""
    value = False
    for node in options:
        option = node.def_elem
        if option.defname == name:
            kind = option.arg.WhichOneof("node") if option.HasField("arg") else None
            value = (
                True
                if kind is None
                else bool(option.arg.integer.ival)
                if kind == "integer"
                else option.arg.string.sval.lower() in {"true", "on"}
            )
    return value


def _index(one: Any) -> Facts:  # noqa: ANN401
    facts = {"table": relation_name(one.relation)}
    if one.concurrent and not (one.idxname and one.relation.inh):
        return "ConcurrentMaintenance", {}
    if not (one.idxname and one.relation.inh):
        return "UnnamedIndex", {**facts, "only": not one.relation.inh}
    return "CreateIndex", {
        **facts,
        "name": [one.idxname],
        "unique": one.unique,
        "if_not_exists": one.if_not_exists,
    }


def _drop(one: Any) -> Facts:  # noqa: ANN401
    is_index = value_name(one, "remove_type") == "OBJECT_INDEX"
    if not is_index or len(one.objects) > 1 or value_name(one, "behavior") == "DROP_CASCADE":
        return NONE
    return "DropIndex", {"name": _strings(one.objects[0].list.items), "if_exists": one.missing_ok}


def _alter_table(one: Any) -> Facts:  # noqa: ANN401, C901, PLR0911  # one for each kind
    commands = [node.alter_table_cmd for node in one.cmds]
    actions = [value_name(command, "subtype") for command in commands]
    table = {"table": relation_name(one.relation)}
    kind = value_name(one, "objtype")
    if kind in {"OBJECT_INDEX", "OBJECT_MATVIEW"}:
        anew = {"AT_SetTableSpace", "AT_SetAccessMethod"} & set(actions)
        return ("Rewrite", table) if anew else NONE
    if kind != "OBJECT_TABLE":
        return NONE
    other = "OtherAlterTable", table
    if len(commands) > 1:
        return other
    command, action = commands[0], actions[0]
    definition = getattr(command, "def")
    partition = relation_name(definition.partition_cmd.name)
    if action == "AT_AttachPartition":
        return "AddPartition", {**table, "partition": partition, "is_attach": True}
    if action == "AT_DetachPartition" and definition.partition_cmd.concurrent:
        return "DetachPartition", {**table, "partition": partition}
    if action == "AT_ValidateConstraint":
        return "ValidateConstraint", {**table, "name": [command.name]}
    if one.missing_ok:
        return other
    only = {**table, "only": not one.relation.inh}
    if action in {"AT_SetNotNull", "AT_AlterColumnType"}:
        return action.removeprefix("AT_"), {**only, "column": [command.name]}
    if action == "AT_AddColumn" and not command.missing_ok:
        return "AddColumn", {**only, "column": [definition.column_def.colname]}
    if action == "AT_AddConstraint":
        return _add_constraint(definition.constraint, only) or other
    return other


def _add_constraint(constraint: Any, facts: dict[str, Any]) -> Facts | None:  # noqa: ANN401
    kind = _CONSTRAINTS.get(value_name(constraint, "contype"))
    if kind is None or constraint.indexname or constraint.skip_validation:
        return None
    name = [constraint.conname] if constraint.conname else []
    return "AddConstraint", {**facts, "name": name, "kind": kind}


def _rename(one: Any) -> Facts:  # noqa: ANN401
    kinds = {value_name(one, "rename_type"), value_name(one, "relation_type")}
    is_table = value_name(one, "rename_type") in {"OBJECT_TABLE", "OBJECT_TABCONSTRAINT"}
    if is_table or kinds == {"OBJECT_COLUMN", "OBJECT_TABLE"}:
        return "OtherAlterTable", {"table": relation_name(one.relation)}
    return NONE


def _set_schema(one: Any) -> Facts:  # noqa: ANN401
    if value_name(one, "object_type") != "OBJECT_TABLE":
        return NONE
    return "OtherAlterTable", {"table": relation_name(one.relation)}


def _add_value(one: Any) -> Facts:  # noqa: ANN401
    if one.old_val or not one.new_val:
        return NONE
    return "AddEnumValue", {
        "table": _strings(one.type_name),
        "if_not_exists": one.skip_if_new_val_exists,
    }


def _domain(one: Any) -> Facts:  # noqa: ANN401
    actions = {"O": "SET NOT NULL", "C": "ADD CONSTRAINT", "V": "VALIDATE CONSTRAINT"}
    if one.subtype not in actions or getattr(one, "def").constraint.skip_validation:
        return NONE
    return "AlterDomain", {"table": _strings(one.type_name), "action": actions[one.subtype]}


def _create_table(one: Any) -> Facts:  # noqa: ANN401
    bound = one.partbound
    if not one.HasField("partbound") or bound.is_default or one.relation.relpersistence == "t":
        return NONE
    return "AddPartition", {
        "table": relation_name(one.inh_relations[0].range_var),
        "partition": relation_name(one.relation),
        "is_attach": False,
    }


def _refresh(one: Any) -> Facts:  # noqa: ANN401
    return NONE if one.concurrent else ("Rewrite", {"table": relation_name(one.relation)})


def _cluster(one: Any) -> Facts:  # noqa: ANN401
    return "Rewrite", {"table": relation_name(one.relation)}


def _reindex(one: Any) -> Facts:  # noqa: ANN401
    if _option(one.params, "concurrently"):
        return "ConcurrentMaintenance", {}
    return "Rewrite", {"table": relation_name(one.relation)}


def _vacuum(one: Any) -> Facts:  # noqa: ANN401
    if not one.is_vacuumcmd or not _option(one.options, "full"):
        return NONE
    names = [relation_name(node.vacuum_relation.relation) for node in one.rels]
    return "Rewrite", {"table": names[0] if names else [], "other_tables": names[1:]}


def _explain(one: Any) -> Facts:  # noqa: ANN401
    executes = _option(one.options, "analyze") and postgres_writes.changes_rows(one.query)
    return ("UnbatchedWrite", {}) if executes else NONE


_READERS: dict[str, Callable[[Any], Facts]] = {
    "index_stmt": _index,
    "drop_stmt": _drop,
    "alter_table_stmt": _alter_table,
    "rename_stmt": _rename,
    "alter_object_schema_stmt": _set_schema,
    "alter_table_move_all_stmt": lambda _: ("Rewrite", {"table": []}),
    "alter_enum_stmt": _add_value,
    "alter_domain_stmt": _domain,
    "create_stmt": _create_table,
    "refresh_mat_view_stmt": _refresh,
    "cluster_stmt": _cluster,
    "reindex_stmt": _reindex,
    "vacuum_stmt": _vacuum,
    "explain_stmt": _explain,
    "update_stmt": postgres_writes.update_facts,
    "delete_stmt": postgres_writes.delete_facts,
}
