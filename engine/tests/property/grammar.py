"""Random schemas, as modules of models, and random edits of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

# Types between which PostgreSQL casts, and a default that suits all of them.
FAMILIES: dict[str, tuple[tuple[str, ...], str]] = {
    "a": (("Integer", "BigInteger", "SmallInteger", "Numeric(10, 2)", "Text", "String(30)"), "'1'"),
    "b": (("Text", "String(10)", "String(20)", "Text(collation='C')", "MOOD"), "'x'"),
    "c": (("Date", "TIMESTAMP", "TIMESTAMP(timezone=True)", "Text"), "text('now()')"),
    "d": (("ARRAY(Integer)", "ARRAY(BigInteger)", "ARRAY(Text)", "ARRAY(MOOD)"), "'{}'"),
    "the Ä": (("JSONB", "Text", "JSON"), '\'{"k": "a:b 50%"}\''),
    "order": (("Boolean", "Text"), "'true'"),
    "g": (("Uuid", "Text"), "text('gen_random_uuid()')"),
}

# What every one of these columns can be asked or sorted by.
SORTED = ("a", "b", "c", "d", "g")

TABLES = {"t": "public", "My U": "other"}

VALUES = (("x", "y"), ("x", "y", "z"), ("x", "it's", "y"), ("y", "x"), ("x",))

CHECKS = (
    "{} IS NOT NULL",
    "length({}::text) > 1",
    "{}::text NOT IN ('p', 'q:r', '5%')",
    "{}::varchar(9) NOT IN ('p', 'it''s', '5%')",
)

COMMENTS = (None, "plain", "it's 50% :x \\ \"\"\" '''")


@dataclass(frozen=True)
class Schema:
    """One choice for every leaf of the grammar."""

    leaves: dict[str, Any]

    def source(self) -> str:
        """Return the module that declares it."""
        mood = ", ".join(map(repr, self.leaves["mood"]))
        lines = [f"MOOD = Enum({mood}, name='mood', metadata=m)"]
        for name, schema in TABLES.items():
            if self.leaves[name]:
                lines += self._table(name, schema)
        return "\n".join(lines)

    def _table(self, name: str, schema: str) -> list[str]:
        of = {
            key.removeprefix(f"{name}."): value
            for key, value in self.leaves.items()
            if key.startswith(f"{name}.")
        }
        columns = [column for column in FAMILIES if of[column]]
        sorted_columns = [column for column in columns if column in SORTED]
        parts = [_key(of["id"]), *(_column(column, of[column]) for column in columns)]
        if of["sum"] and "a" in columns:
            expression = "coalesce(length(a::text), 0)"
            parts.append(f"Column('sum', Integer, Computed('{expression}', persisted={of['sum']}))")
        if of["check"] is not None and sorted_columns:
            expression = of["check"].format(sorted_columns[0])
            parts.append(f'CheckConstraint("{expression}", name="{name}_check")')
        if of["unique"] and sorted_columns:
            chosen = ", ".join(map(repr, sorted_columns[: of["unique"]]))
            parts.append(f"UniqueConstraint({chosen}, name='{name} key')")
        if of["index"] and sorted_columns:
            parts.append(f"Index('{name} idx', {sorted_columns[-1]!r}{of['index']})")
        if of["refers"]:
            target = "t" if self.leaves["t"] and name != "t" else name
            place = f"{TABLES[target]}.{target}" if TABLES[target] != "public" else target
            parts.append(
                f"Column('r', BigInteger, ForeignKey({f'{place}.id'!r}, name='{name}_fk', "
                f"{of['refers']}))"
            )
        where = "" if schema == "public" else f", schema={schema!r}"
        table = f"Table({name!r}, m, {', '.join(parts)}{where}, comment={of['comment']!r})"
        shown = ", ".join(f'"{column}"' for column in ("id", *columns[: of["shown"] or 0]))
        query = f'select {shown} from {schema}."{name}"'  # noqa: S608  # of this file's names
        view = f"v_{schema} = PGView({schema!r}, '{name} view', {query!r})"
        return [table, view] if of["shown"] is not None else [table]


def _key(kind: str) -> str:
    return f"Column('id', BigInteger, {kind}primary_key=True)"


def _column(name: str, choice: tuple[str, bool, bool, str | None]) -> str:
    kind, with_default, nullable, comment = choice
    default = f", server_default={FAMILIES[name][1]}" if with_default else ""
    return f"Column({name!r}, {kind}{default}, nullable={nullable}, comment={comment!r})"


def _leaves() -> dict[str, st.SearchStrategy[Any]]:
    found: dict[str, st.SearchStrategy[Any]] = {"mood": st.sampled_from(VALUES)}
    for table in TABLES:
        found[table] = st.sampled_from((True, True, True, False))
        for name, (kinds, _) in FAMILIES.items():
            found[f"{table}.{name}"] = st.none() | st.tuples(
                st.sampled_from(kinds), st.booleans(), st.booleans(), st.sampled_from(COMMENTS)
            )
        found |= {
            f"{table}.id": st.sampled_from(("", "Identity(), ", "autoincrement=False, ")),
            f"{table}.sum": st.sampled_from((None, True)),
            f"{table}.check": st.sampled_from((None, *CHECKS)),
            f"{table}.unique": st.sampled_from((0, 1, 2)),
            f"{table}.index": st.sampled_from(
                (
                    "",
                    ", unique=True",
                    ", postgresql_where=text('id > 5')",
                    ", postgresql_where=text(\"id::varchar IN ('5', '6')\")",
                    ", postgresql_include=['id']",
                )
            ),
            f"{table}.refers": st.sampled_from(
                ("", "ondelete='CASCADE'", "deferrable=True", "onupdate='SET NULL'")
            ),
            f"{table}.comment": st.sampled_from(COMMENTS),
            f"{table}.shown": st.sampled_from((None, 0, 2)),
        }
    return found


LEAVES = _leaves()


@st.composite
def edits(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """Draw a schema, and the same with some of its leaves drawn anew."""
    old = draw(st.fixed_dictionaries(LEAVES))
    changed = draw(st.lists(st.sampled_from(sorted(LEAVES)), min_size=1, max_size=6, unique=True))
    return Schema(old), Schema({**old, **{leaf: draw(LEAVES[leaf]) for leaf in changed}})
