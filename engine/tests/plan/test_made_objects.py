"""Of what the statements of a plan have made, a later one is shown what it needs, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.plan.made_objects import MadeObjects
from tests.online.watching import watched
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

MADE = (
    "CREATE TYPE public.mood AS ENUM ('good')",
    'CREATE TABLE "A b" (m mood)',
    "CREATE EXTENSION citext",
    "CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT count(*) FROM \"A b\"'",
    "CREATE TYPE steps AS RANGE (subtype = int)",
    "CREATE TABLE t (id serial PRIMARY KEY)",
    "ALTER TYPE other RENAME TO another",
)
FOR_ALL = [2, 6]


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("CREATE INDEX i ON x (c)", []),
        ("ALTER TABLE x ADD COLUMN m public.mood[]", [0]),
        ('CREATE INDEX i ON "A b" (m)', [0, 1]),
        ("CREATE INDEX i ON x (F(c))", [0, 1, 3]),
        ("ALTER TABLE x ADD c int DEFAULT nextval('t_id_seq')", [5]),
        ("ALTER TABLE x ADD s stepmultirange, ADD r multisteps", []),
        ("ALTER TABLE x ADD COLUMN s steps", [4]),
    ],
)
def test_what_a_text_needs(text: str, needed: list[int]) -> None:
    made = MadeObjects()
    for sql in MADE:
        made.add(sql)
    assert [*made.needed_by([text])] == sorted([*needed, *FOR_ALL])
    assert made.needed_by([text], beside=[*FOR_ALL, *needed]) == {}


def test_a_plan_makes_each_table_a_few_times(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took 126 seconds for 240 tables with an index each, beside 8 for their upgrade."""
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql("CREATE TABLE big (a int)", "INSERT INTO big VALUES (1)")
    site.revise(
        'op.add_column("big", sa.Column("f", sa.Text()))',
        """for i in range(20):
        op.create_table(f"n{i}", sa.Column("s", sa.Text(), index=True))""",
        'op.add_column("big", sa.Column("z", sa.Uuid, server_default=sa.func.gen_random_uuid()))',
    )
    with watched() as steps:
        site.upgrade()
    site.upgrade()
    assert site.version == ["002a"]
    assert 20 <= sum(step.sql.startswith("CREATE TABLE n") for step in steps) <= 3 * 20


def test_an_array_of_a_type_and_a_table_that_others_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_LARGE_TABLE", "0")
    site.sql("CREATE TABLE big (a int)", "INSERT INTO big VALUES (1)")
    site.revise(
        """op.execute("CREATE TYPE mood AS ENUM ('good')")""",
        'op.create_table("n", sa.Column("id", sa.Integer, primary_key=True))',
        "op.execute(\"ALTER TABLE big ADD m mood[] DEFAULT ARRAY['good']::mood[]\")",
        """op.execute("CREATE VIEW v AS SELECT a FROM big, n")""",
        "op.execute(\"ALTER TABLE big ADD n int DEFAULT nextval('n_id_seq')\")",
        'op.execute("ALTER TABLE big ADD CONSTRAINT fk FOREIGN KEY (n) REFERENCES n NOT VALID")',
        'op.create_index("i", "big", ["a"])',
    )
    assert differences(site) == []
    site.upgrade()
    assert site.version == ["002a"]
