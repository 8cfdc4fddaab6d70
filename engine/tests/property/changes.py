"""Random tables with rows and what hangs on them, and random statements that change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

TABLES = ("t", '"T x"', 's."order"', '"a.b"', '''"it's 50%"''')

# Columns with their types, and values for some rows: of n, from 1 on.
COLUMNS = {
    "a": ("int", "n % 7"),
    "b": ("text", "'b' || n"),
    '"C d"': ("varchar(20)", "'C ' || n % 5"),
    "e": ("mood", "CASE WHEN n % 2 = 0 THEN 'sad' ELSE 'glad' END::mood"),
    "f": ("timestamp", "'2020-01-01'::timestamp + n * interval '1 hour'"),
    '"select"': ("numeric(10, 2)", "n / 3.0"),
    "g": ("int[]", "ARRAY[n, n + 1]"),
    "h": ("positive", "n"),
    "i": ("boolean", "n % 3 = 0"),
}

# What each can become; USING where PostgreSQL asks for it.
TYPES = {
    "a": ("bigint", "smallint", "text", "numeric", "positive", "bigint USING a * 2"),
    "b": ("varchar(100)", 'text COLLATE "C"', "varchar(2)", "bytea USING b::bytea", "citext"),
    '"C d"': ("varchar(10)", "text", "varchar(30)", 'int USING length("C d")'),
    "e": ("text", "varchar(9)", "mood USING 'sad'::mood"),
    "f": ("timestamptz", "date", "timestamp(0)", "timestamptz USING f AT TIME ZONE 'UTC'"),
    '"select"': ("numeric(12, 2)", "numeric(10, 3)", "int", "double precision"),
    "g": ("bigint[]", "text[]", "int USING g[1]"),
    "h": ("int", "bigint", "text"),
    "i": ("text", "int USING i::int"),
}

# What is made of a column, or beside it.
PARTS = (
    "CREATE INDEX {index} ON {table} ({column})",
    "CREATE INDEX {index} ON {table} ({column} DESC NULLS LAST, id)",
    "CREATE UNIQUE INDEX {index} ON {table} (id, {column})",
    "CREATE INDEX {index} ON {table} (({column}::text)) WHERE {column} IS NOT NULL",
    "CREATE INDEX {index} ON {table} (id) INCLUDE ({column})",
    "ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({column}, id)",
    "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column}::text <> 'never')",
    "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID",
    "ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 50",
    "COMMENT ON COLUMN {table}.{column} IS 'it''s 50% :x'",
    "GRANT SELECT ({column}), UPDATE ({column}) ON {table} TO PUBLIC",
    "CREATE VIEW {view} AS SELECT {column} FROM {table}",
    "CREATE STATISTICS {view} (ndistinct) ON id, {column} FROM {table}",
    (
        "CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION touched()"
    ),
    "CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION touched()",
    "CREATE TRIGGER {name} AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touched()",
    "CREATE POLICY {name} ON {table} USING ({column} IS NOT NULL)",
    "ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT NULL",
)

CHANGES = (
    "CREATE INDEX {new} ON {table} ({column})",
    "CREATE UNIQUE INDEX {new} ON {table} ({column})",
    "CREATE UNIQUE INDEX {new} ON {table} ({column}, id) NULLS NOT DISTINCT",
    "ALTER TABLE {table} ADD CONSTRAINT {new} UNIQUE ({column})",
    "ALTER TABLE {table} ADD CONSTRAINT {new} UNIQUE ({column}, id) DEFERRABLE",
    "ALTER TABLE {table} ADD CONSTRAINT {new} CHECK ({column} IS NOT NULL)",
    "ALTER TABLE {table} ADD CONSTRAINT {new} CHECK (id > 0)",
    "ALTER TABLE {table} ADD CONSTRAINT {new} FOREIGN KEY (parent) REFERENCES parent (id)",
    "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
    "ALTER TABLE {table} ALTER COLUMN parent SET NOT NULL",
    "ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL",
    "ALTER TABLE {table} ALTER COLUMN id TYPE bigint",
    "ALTER TABLE {table} ALTER COLUMN parent TYPE bigint",
    "ALTER TABLE {table} ADD COLUMN {new} uuid DEFAULT gen_random_uuid() NOT NULL",
    "ALTER TABLE {table} ADD COLUMN {new} timestamptz DEFAULT now() NOT NULL",
    "ALTER TABLE {table} ADD COLUMN {new} bigint GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE {table} ADD COLUMN {new} bigserial",
    "ALTER TABLE {table} ADD COLUMN {new} int REFERENCES parent (id)",
    "ALTER TABLE {table} ADD COLUMN {new} int CHECK ({new} > 0)",
    "ALTER TABLE {table} ADD COLUMN {new} int UNIQUE",
    "ALTER TABLE {table} RENAME COLUMN {column} TO {new}",
    "ALTER TABLE {table} DROP COLUMN {column} CASCADE",
    "UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL",
    "UPDATE {table} SET parent = 3 WHERE parent IS NULL",
    "DELETE FROM {table} WHERE id % 2 = 0",
    "ALTER TYPE mood ADD VALUE 'bored'",
    "COMMENT ON TABLE {table} IS 'changed'",
)


@dataclass(frozen=True)
class Change:
    """Statements that make the tables, and those of a revision."""

    setup: tuple[str, ...]
    statements: tuple[str, ...]


COMMON = (
    "CREATE SCHEMA s",
    "CREATE EXTENSION citext",
    "CREATE TYPE mood AS ENUM ('sad', 'glad')",
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "INSERT INTO parent SELECT generate_series(1, 10)",
)


@st.composite
def changes(draw: DrawFn) -> Change:
    """Return a table and one to three statements that change it."""
    table = draw(st.sampled_from(TABLES))
    columns = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=4, unique=True))
    rows = draw(st.sampled_from((0, 1, 120, 700)))
    key = draw(
        st.sampled_from(
            ("int PRIMARY KEY", "serial PRIMARY KEY", "int GENERATED ALWAYS AS IDENTITY")
        )
    )
    defined = [f"id {key}", "parent int", *(f"{name} {COLUMNS[name][0]}" for name in columns)]
    kind = draw(st.sampled_from(("plain", "plain", "plain", "generated", "parts", "heir")))
    if kind == "generated":
        defined.append(f"made text GENERATED ALWAYS AS ({columns[0]} || '!') STORED")
    create = f"CREATE TABLE {table} ({', '.join(defined)})"
    setup = [*COMMON, f"{create} PARTITION BY RANGE (id)" if kind == "parts" else create]
    if kind == "parts":
        setup += [
            f"CREATE TABLE low PARTITION OF {table} FOR VALUES FROM (MINVALUE) TO (50)",
            f"CREATE TABLE rest PARTITION OF {table} DEFAULT",
        ]
    if kind == "heir":
        setup.append(f"CREATE TABLE heir (own int) INHERITS ({table})")
    nulls = draw(st.integers(0, 2)) == 0
    values = [
        f"CASE WHEN n % 11 > 0 THEN {value} END" if nulls and name != "h" else value
        for name, value in ((name, COLUMNS[name][1]) for name in columns)
    ]
    parent = "CASE WHEN n % 5 > 0 THEN n % 10 + 1 END" if nulls else "n % 10 + 1"
    setup.append(
        f"INSERT INTO {table} (parent, id, {', '.join(columns)}) "  # noqa: S608  # ours
        f"OVERRIDING SYSTEM VALUE SELECT {parent}, n, {', '.join(values)} "
        f"FROM generate_series(1, {rows}) AS n"
    )
    schema = "s." if table.startswith("s.") else ""
    for number, part in enumerate(draw(st.lists(st.sampled_from(PARTS), max_size=4))):
        setup.append(
            part.format(
                table=table,
                column=draw(st.sampled_from(columns)),
                index=f'"i {number}"',
                name=f'"n {number}"',
                view=f'{schema}"v {number}"',
            )
        )
    if "PRIMARY" in key and draw(st.booleans()):
        setup += [
            f"CREATE TABLE child (id int PRIMARY KEY, t int CONSTRAINT child_t REFERENCES {table})",
            f"INSERT INTO child SELECT n, n FROM generate_series(1, {rows}) AS n",  # noqa: S608  # ours
            "CREATE INDEX child_t_idx ON child (t)",
        ]
    retypes = [
        f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {kind}"
        for name in columns
        for kind in TYPES[name]
    ]
    statements = []
    for number in range(draw(st.integers(1, 3))):
        chosen = draw(st.integers(0, 3))
        if chosen == 0:
            statements.append(draw(st.sampled_from(retypes)))
        elif chosen == 1:
            view = f'{schema}"over {number}"'
            create = f"CREATE VIEW {view} AS SELECT id, {columns[0]} FROM {table}"  # noqa: S608  # ours
            setup.append(create)
            retype = draw(st.sampled_from(retypes))
            statements += [f"DROP VIEW {view}", retype, create]
        else:
            change = draw(st.sampled_from(CHANGES))
            column = draw(st.sampled_from(columns))
            statements.append(change.format(table=table, column=column, new=f'"new {number}"'))
    return Change(tuple(setup), tuple(statements))
