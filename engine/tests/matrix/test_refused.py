"""What nothing can express, or PostgreSQL forbids, is refused with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.sides import desired
from alembic_pg.errors import UserError
from tests.matrix.case import load
from tests.matrix.inside import write
from tests.matrix.sources import TABLE, after, before

if TYPE_CHECKING:
    from alembic_pg.database.scratch import ScratchServer

BY = 'Table("t", m, Column("a", Integer), Column("b", {}), postgresql_partition_by="{}")\n'
MOOD = 'Enum({}, name="mood")'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            'Table("t", m, Column("a", Integer), Column("b", Integer))',
            BY.format("Integer", "RANGE (a)"),
            "No operation changes table t into what the models say; write this revision "
            "by hand:\n--- revisions\n+++ models\n@@ -3,2 +3,3 @@\n     b integer\n-);\n+)\n"
            "+PARTITION BY RANGE (a);",
            id="a table that becomes partitioned",
        ),
        pytest.param(
            BY.format("Integer", "RANGE (a)"),
            BY.format("Integer", "LIST (b)"),
            "-PARTITION BY RANGE (a);\n+PARTITION BY LIST (b);",
            id="another partition key",
        ),
        pytest.param(
            BY.format("Integer", "RANGE (b)"),
            BY.format("Text", "RANGE (b)"),
            "The change cannot be made (change table t): cannot alter column "
            '"b" because it is part of the partition key of relation "t"',
            id="another type of a partition key",
        ),
        pytest.param(
            BY.format(MOOD.format('"x", "y"'), "LIST (b)"),
            BY.format(MOOD.format('"x"'), "LIST (b)"),
            "The change cannot be made (change table t): cannot alter column "
            '"b" because it is part of the partition key of relation "t"',
            id="a value that goes from a partition key",
        ),
        pytest.param(
            BY.format(MOOD.format('"x"'), "LIST (b)"),
            BY.format(MOOD.format('"x", "y"'), "LIST (b)")
            + after("CREATE TABLE p PARTITION OF t FOR VALUES IN ('y')"),
            "Add the value in a revision of its own first (unsafe use of new value "
            '"y" of enum type mood).',
            id="a new value in the bounds of a partition",
        ),
        pytest.param(
            'table(Column("j", ARRAY(JSONB)))',
            'table(Column("j", JSONB))',
            "The type of t.j cannot be changed: cannot cast type jsonb[] to jsonb. Add to the "
            'column how its values come to the other type, info={"using": "SQL expression"}, and '
            '"using_back" for the way back.',
            id="a type without a cast",
        ),
        pytest.param(
            'table(Column("j", ARRAY(JSONB)))',
            'table(Column("j", JSONB, info={"using": "nowhere(j)"}))',
            'The info={"using": …} of column t.j cannot be done: function nowhere(jsonb[]) does '
            "not exist",
            id="an expression that PostgreSQL refuses",
        ),
        pytest.param(
            before("CREATE TYPE c AS (a text, b text)") + TABLE + after("ALTER TABLE t ADD x c"),
            before("CREATE TYPE c AS (b text, a text)") + TABLE + after("ALTER TABLE t ADD x c"),
            "No operation changes type c into what the models say",
            id="another order of the attributes of a column's type",
        ),
    ],
)
def test_autogenerate_refuses(databases: ScratchServer, old: str, new: str, said: str) -> None:
    name = databases.create()
    desired.build_models(load(old), databases.database_url(name), source="the tests")
    with pytest.raises(UserError) as caught:
        write(databases, name, pg_dump.dump_database(databases.database_url(name)), load(new))
    assert said in str(caught.value)
    databases.drop(name)


def test_subscriptions_stay_out_of_the_models(databases: ScratchServer) -> None:
    """They belong to the whole server, which could no more drop the scratch database."""
    name = databases.create()
    make = "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p"
    models = load(after(f"{make} WITH (connect = false, slot_name = NONE)"))
    with pytest.raises(UserError, match="The models make the subscription s, which belongs to"):
        desired.build_models(models, databases.database_url(name), source="the tests")
    databases.drop(name)
