"""Let the source of a column say that it may be null, or may not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from alembic_pg.adopt.model_source import place_edits
from alembic_pg.adopt.model_source.source import Edit

if TYPE_CHECKING:
    from sqlalchemy import Column

    from alembic_pg.adopt.model_source.place import Place


def nullability_edits(place: Place, column: Column[Any], *, nullable: bool) -> list[Edit] | None:
    """Return the edits: of the keyword where there is one, of Mapped[…] where there is that."""
    call = place.column_call(column)
    said = call is not None and any(one.arg == "nullable" for one in call.keywords)
    statement = place.attribute(column)
    if not said and isinstance(statement, ast.AnnAssign):
        inner = _inner_annotation(statement.annotation)
        if inner is not None:
            return _annotation_edits(place, inner, nullable=nullable)
    if call is None:
        return None
    return place_edits.set_keyword(place.source, call, "nullable", str(nullable))


def _inner_annotation(annotation: ast.expr) -> ast.expr | None:
    """Return what stands in Mapped[…], None in anything else."""
    if isinstance(annotation, ast.Subscript):
        word = annotation.value
        name = word.attr if isinstance(word, ast.Attribute) else getattr(word, "id", "")
        if name == "Mapped":
            return annotation.slice
    return None


def _annotation_edits(place: Place, inner: ast.expr, *, nullable: bool) -> list[Edit] | None:
    source = place.source
    if nullable:
        end = source.span(inner)[1]
        return [Edit(end, end, " | None")]
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.BitOr):
        for one, other in ((inner.left, inner.right), (inner.right, inner.left)):
            if isinstance(other, ast.Constant) and other.value is None:
                return [Edit(*source.span(inner), source.text_of(one))]
    if isinstance(inner, ast.Subscript) and source.text_of(inner.value).endswith("Optional"):
        return [Edit(*source.span(inner), source.text_of(inner.slice))]
    return None
