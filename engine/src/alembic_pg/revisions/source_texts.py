"""Read what a revision's source says, be it reached or not: operations, texts, entities.

Of a revision that asks a database nobody knows before what it will do; but what it may do stands
in its file.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OF_TABLE = re.compile(r"\s*(CREATE|DROP) TABLE\b")

# Of which a part is executed or not, or once for each of what is found.
_DECIDING = (ast.If, ast.For, ast.While, ast.Try, ast.Match)


@dataclass
class SourceReader:
    """Read a revision's function, and those of its file that it calls.

    recorded: executes the code of an operation among its module's names, and returns its
    statements instead of what they would do.
    """

    recorded: Callable[[CodeType, dict[str, Any]], list[str]]
    _read: list[FunctionType] = field(default_factory=list)

    def texts(self, function: Callable[..., None]) -> Iterator[str]:
        """Yield the statements of operations, and texts that may be some, in the source's order.

        An operation whose arguments need a variable of the function, or call anything but
        SQLAlchemy, is passed over.
        """
        if not isinstance(function, FunctionType) or function in self._read:
            return
        self._read.append(function)
        known = function.__globals__
        nodes = _nodes_in_order(_tree_of(function))
        if not nodes:
            yield from _texts_of_code(function.__code__, known)
        for node in nodes:
            if isinstance(node, ast.Call) and _is_operation(node, known):
                yield from self.recorded(compile(ast.Expression(node), "revision", "eval"), known)
            elif isinstance(node, ast.Constant):
                yield from _texts_of(node.value)
            elif isinstance(node, ast.Name):
                named = known.get(node.id)
                yield from _texts_of(named)
                if isinstance(named, FunctionType) and named.__globals__ is known:
                    yield from self.texts(named)

    def followers(self, function: Callable[..., None]) -> dict[str, list[str]]:
        """Return what stands after an operation under the same condition, by its statement.

        That is after it in the same block, and what is executed whenever the block is; or after a
        return that a condition has. "" is what nobody knows.
        """
        found: dict[str, list[str]] = {}
        if isinstance(function, FunctionType):
            for definition in _tree_of(function).body:
                self._follow(next(_blocks(definition)), function.__globals__, found, under=False)
        return found

    def _follow(
        self,
        block: list[ast.stmt],
        known: dict[str, Any],
        found: dict[str, list[str]],
        *,
        under: bool,
    ) -> None:
        """Add those of a block. under: whether it is executed under a condition."""
        for at, statement in enumerate(block):
            if under:
                later = [one for one in block[at + 1 :] if not _decides(one)]
                after = [text for one in later for text in self._operations(one, known)]
                for text in self._operations(statement, known):
                    found.setdefault(text, []).extend(after)
            for inner in _blocks(statement):
                self._follow(inner, known, found, under=under or isinstance(statement, _DECIDING))
            under = under or _may_leave(statement)

    def _operations(self, statement: ast.stmt, known: dict[str, Any]) -> Iterator[str]:
        """Yield the statements of operations, and "" for a call that may do anything."""
        inner: set[ast.AST] = set()
        for node in _nodes_in_order(statement):
            if not isinstance(node, ast.Call) or node in inner:
                continue
            inner.update(ast.walk(node))
            if _is_operation(node, known):
                code = compile(ast.Expression(node), "revision", "eval")
                said = self.recorded(code, known) or [""]
                # What belongs to a table is made, and dropped, as one statement with it.
                yield from [sql for sql in said if _OF_TABLE.match(sql)][:1] or said
            elif not _is_of_sqlalchemy(_root(node.func, known)):
                yield ""


def _tree_of(function: FunctionType) -> ast.Module:
    """Return the tree of a function; an empty one where its source is not there."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # a module without a file, or whose file is another one by now
        return ast.Module([], [])


def _nodes_in_order(tree: ast.AST) -> list[ast.expr]:
    """Return the expressions of a part of a source, as they stand."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _decides(statement: ast.stmt) -> bool:
    """Return whether a part of a statement may be executed or not."""
    return any(isinstance(node, _DECIDING) for node in ast.walk(statement))


def _may_leave(statement: ast.stmt) -> bool:
    """Return whether a statement may end its function, or the round of its loop."""
    leaves = (ast.Return, ast.Continue, ast.Break)
    return any(isinstance(node, leaves) for node in ast.walk(statement))


def _texts_of_code(code: CodeType, known: Mapping[str, object]) -> Iterator[str]:
    """Yield the texts in a function without a source, and in what it names of its module's."""
    for one in code.co_consts:
        yield from _texts_of_code(one, known) if isinstance(one, CodeType) else _texts_of(one)
    for name in code.co_names:
        yield from _texts_of(known.get(name))


def _texts_of(value: object) -> Iterator[str]:
    """Yield the texts that a value is or holds, and the statement that makes an entity."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | set | frozenset | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts_of(one)
    elif hasattr(value, "to_sql_statement_create"):
        yield str(value.to_sql_statement_create())


def _is_operation(call: ast.Call, known: Mapping[str, Any]) -> bool:
    """Return whether a call is one of an operation, with arguments that only SQLAlchemy makes."""
    if not isinstance(call.func, ast.Attribute) or _root(call.func, known) is not op:
        return False
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    inner = [node for one in arguments for node in ast.walk(one)]
    if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in inner):
        return False
    calls = [node for node in inner if isinstance(node, ast.Call)]
    return all(_is_of_sqlalchemy(_root(node.func, known)) for node in calls)


def _root(node: ast.expr, known: Mapping[str, Any]) -> object:
    """Return what the first name of ``sa.types.Text`` stands for, None where nobody knows."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return known.get(node.id) if isinstance(node, ast.Name) else None


def _is_of_sqlalchemy(value: object) -> bool:
    name = getattr(value, "__name__", "") if inspect.ismodule(value) else ""
    module = name or str(getattr(value, "__module__", ""))
    return module.partition(".")[0] == "sqlalchemy"
