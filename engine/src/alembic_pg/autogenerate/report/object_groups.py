"""Group a revision's operations by the objects that a person speaks of.

A view with its rule, its grants and its comments is one object, and so is a table with all that
comes with it. What is dropped and created again is said once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_pg.autogenerate.dump import kinds
from alembic_pg.autogenerate.ops import flatten
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from alembic_pg.autogenerate.report import operation_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.operations import MigrateOperation

    from alembic_pg.autogenerate.dump.entry import Dump, Entry

# So many new objects of a kind have a line each; more share one that names as many.
NAMED_OBJECTS = 3

# How many steps lead from a comment to the table that it belongs to at most.
_MAX_STEPS = 4

# Of what has no state of its own: a column that goes and comes is another one.
_COMES_OR_GOES = re.compile(r"^(create|drop|add(?! column)) ")

_PLURALS = {"index": "indexes", "policy": "policies"}


@dataclass
class ObjectGroup:
    """Hold the operations on one object, or on many new ones of a kind.

    verb, name: what a person is told. operations: those on the object itself and on its parts.
    is_new: whether the object is created for the first time.
    """

    verb: str
    name: str
    operations: list[MigrateOperation] = field(default_factory=list)
    is_new: bool = False


def object_groups(
    operations: Sequence[MigrateOperation], before: Dump, after: Dump
) -> list[ObjectGroup]:
    """Return the groups of a revision, in the order in which they begin.

    before, after: what the revisions and the models build.
    """
    grouping = _Grouping(before, after, operations)
    found: dict[str, ObjectGroup] = {}
    for operation in operations:
        main = grouping.main_key(operation)
        if main in found:
            found[main].operations.append(operation)
        else:
            found[main] = grouping.new_group(main, operation)
    for main, group in found.items():
        group.verb = grouping.verb(main, group)
        group.name = _name_of_all(group)
    return [*_share_lines([*found.values()])]


class _Grouping:
    """Know which objects come and go, and what belongs to them."""

    def __init__(self, before: Dump, after: Dump, operations: Sequence[MigrateOperation]) -> None:
        self._before, self._after = before, after
        self._whole: dict[str, set[str]] = {}
        for operation in operations:
            key, action = self._key_and_action(operation)
            if key and action in {"create", "drop"}:
                self._whole.setdefault(key, set()).add(action)

    @cached_property
    def _keys(self) -> dict[str, str]:
        """The keys by what an operation calls an object; those of Alembic ask for none."""
        sides = (self._before, self._after)
        return {entry.label: key for side in sides for key, entry in side.items()}

    def _key_and_action(self, operation: MigrateOperation) -> tuple[str, str]:
        """Return the key of the object that an operation is about, "" of none, and what it does."""
        if isinstance(operation, StatementOp):
            return self._keys.get(operation.label, ""), operation.action
        table = flatten.changed_table_key(operation) or ""
        if isinstance(operation, ops.CreateTableOp):
            return table, "create"
        if isinstance(operation, ops.DropTableOp):
            return table, "drop"
        return "", ""

    def main_key(self, operation: MigrateOperation) -> str:
        """Return what tells the group of an operation from others."""
        key, _ = self._key_and_action(operation)
        if key:
            entry = self._after.get(key) or self._before.get(key)
            owner = self._owner(entry) if entry else ""
            return owner or key
        if isinstance(operation, StatementOp):
            return self._main_of_temporary_type(operation) or operation.label
        table = flatten.changed_table_key(operation) or ""
        if table in self._whole:
            return table
        words, name = operation_text.operation_row(operation)
        return f"{_COMES_OR_GOES.sub('', words)} {name}"

    def _owner(self, entry: Entry) -> str:
        """Return the key of what an entry is a part of and comes or goes with, "" of none."""
        for _ in range(_MAX_STEPS):
            is_part = entry.kind in kinds.PARTS or entry.kind in kinds.TABLE_PARTS - {"TABLE"}
            sides = (self._after, self._before)
            needs = [need for need in entry.needs if any(need in side for side in sides)]
            if not is_part or not needs:
                return ""
            relations = [need for need in needs if need.startswith(kinds.RELATION_PREFIXES)]
            if own := [need for need in relations or needs if need in self._whole]:
                return self._owner_or_self(own[0])
            entry = next(side[needs[0]] for side in sides if needs[0] in side)
        return ""

    def _owner_or_self(self, key: str) -> str:
        entry = self._after.get(key) or self._before.get(key)
        return (self._owner(entry) if entry else "") or key

    def _main_of_temporary_type(self, operation: StatementOp) -> str:
        """Return the key of the type that another one replaces, whose name it has meanwhile."""
        kind, _, name = operation.label.partition(" ")
        if operation.action != "drop" or kind not in {"domain", "enum", "type"}:
            return ""
        return self._keys.get(f"{kind} {name.rstrip('_').removesuffix('_old')}", "")

    def new_group(self, main: str, operation: MigrateOperation) -> ObjectGroup:
        verb, name = operation_text.operation_row(operation)
        entry = self._after.get(main) or self._before.get(main)
        is_new = main in self._whole and main not in self._before
        if entry is not None and main in self._whole:
            kind = entry.kind.lower()
            if kind == "table":
                action = "create table" if main in self._after else "drop table"
                return ObjectGroup(action, entry.label.removeprefix("table "), [operation], is_new)
            name = entry.label
        return ObjectGroup(verb, name, [operation], is_new)

    def verb(self, main: str, group: ObjectGroup) -> str:
        """Return what happens to the object of a group."""
        actions = self._whole.get(main, set())
        if actions == {"create", "drop"}:
            old, new = self._before.get(main), self._after.get(main)
            is_same = old is not None and new is not None and old.text == new.text
            return "recreate" if is_same else "change"
        if len(actions) == 1 and not group.verb.endswith(" table"):
            return next(iter(actions))
        words = {operation_text.operation_row(one)[0] for one in group.operations}
        is_there = main in self._before or main in self._after
        if len(words) > 1 and is_there and main not in self._whole:
            return "change"
        kind = group.verb.partition(" ")[2]
        if words in ({f"create {kind}", f"drop {kind}"}, {f"add {kind}", f"drop {kind}"}):
            return f"change {kind}"
        return group.verb


def _name_of_all(group: ObjectGroup) -> str:
    """Return the name of a group, which the first operation gave it, with all changed columns."""
    first = group.operations[0]
    if not isinstance(first, StatementOp) or group.name != operation_text.operation_row(first)[1]:
        return group.name
    return operation_text.changed_object(
        [
            one
            for one in group.operations
            if isinstance(one, StatementOp) and one.label == first.label
        ]
    )


def _share_lines(groups: list[ObjectGroup]) -> Iterator[ObjectGroup]:
    """Yield groups, of which many new objects of one kind are one."""
    by_kind: dict[str, list[ObjectGroup]] = {}
    for group in groups:
        if group.is_new and group.verb.startswith("create"):
            by_kind.setdefault(_kind_and_name(group)[0], []).append(group)
    shared = {
        id(group): (kind, some)
        for kind, some in by_kind.items()
        if len(some) > NAMED_OBJECTS
        for group in some
    }
    for group in groups:
        if id(group) not in shared:
            yield group
            continue
        kind, some = shared[id(group)]
        if group is some[0]:
            names = [_kind_and_name(one)[1] for one in some[:NAMED_OBJECTS]]
            yield ObjectGroup(
                f"create {len(some)} {_PLURALS.get(kind, f'{kind}s')}",
                f"{', '.join(names)}, …",
                [operation for one in some for operation in one.operations],
                is_new=True,
            )


def _kind_and_name(group: ObjectGroup) -> tuple[str, str]:
    """Return the kind of a new object and its name."""
    words = group.verb.partition(" ")[2]
    if words:
        return words, group.name
    for kind in ("materialized view", "foreign table", "unique constraint", "check constraint"):
        if group.name.startswith(f"{kind} "):
            return kind, group.name.removeprefix(f"{kind} ")
    kind, _, name = group.name.partition(" ")
    return kind, name
