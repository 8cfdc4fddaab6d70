"""Statements said in Alembic's words: each is compiled again, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate.render import render_op
from alembic_pg.autogenerate.ops.alembic_calls import alembic_call
from alembic_pg.autogenerate.ops.statement_op import StatementOp
from sqlalchemy import MetaData
from tests.autogenerate import rendering

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

WORDS = [
    (
        "ALTER TABLE public.posts\n    ADD CONSTRAINT c CHECK (((a > 0) AND (b < 1)));",
        "op.create_check_constraint('c', 'posts', '(a > 0) AND (b < 1)')",
    ),
    (
        "ALTER TABLE app.posts ADD CONSTRAINT c CHECK ((x ~ '^%:a')) NOT VALID;",
        (
            "op.create_check_constraint('c', 'posts', \"x ~ '^%\\\\:a'\", schema='app', "
            "postgresql_not_valid=True)"
        ),
    ),
    ("ALTER TABLE public.posts DROP CONSTRAINT c;", "op.drop_constraint('c', 'posts')"),
    (
        (
            'ALTER TABLE ONLY public.posts ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a, "B") '
            "DEFERRABLE INITIALLY DEFERRED;"
        ),
        (
            "op.create_unique_constraint('u', 'posts', ['a', 'B'], "
            "postgresql_nulls_not_distinct=True, deferrable=True, initially='DEFERRED')"
        ),
    ),
    (
        "ALTER TABLE ONLY public.posts ADD CONSTRAINT p PRIMARY KEY (a);",
        "op.create_primary_key('p', 'posts', ['a'])",
    ),
    (
        (
            "ALTER TABLE ONLY public.posts ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.o(b) "
            "ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE NOT VALID;"
        ),
        (
            "op.create_foreign_key('f', 'posts', 'o', ['a'], ['b'], referent_schema='app', "
            "onupdate='CASCADE', ondelete='SET NULL', deferrable=True, postgresql_not_valid=True)"
        ),
    ),
    (
        (
            "ALTER TABLE ONLY public.posts ADD CONSTRAINT e EXCLUDE USING gist (r WITH &&) "
            "WHERE ((a > 0));"
        ),
        "op.create_exclude_constraint('e', 'posts', ('r', '&&'), using='gist', where='a > 0')",
    ),
    (
        "CREATE UNIQUE INDEX i ON public.posts USING btree (a, lower(b)) WHERE (a > 0);",
        (
            "op.create_index('i', 'posts', ['a', sa.literal_column('lower(b)')], unique=True, "
            "postgresql_where=sa.text('a > 0'))"
        ),
    ),
    (
        (
            "CREATE INDEX i ON app.posts USING gin (a) WITH (fastupdate=off, "
            "gin_pending_list_limit='70') TABLESPACE \"Fast\" WHERE (a IS NULL);"
        ),
        (
            "op.create_index('i', 'posts', ['a'], schema='app', postgresql_using='gin', "
            "postgresql_with={'fastupdate': 'off', 'gin_pending_list_limit': 70}, "
            "postgresql_tablespace='Fast', postgresql_where=sa.text('a IS NULL'))"
        ),
    ),
    (
        (
            "ALTER TABLE ONLY public.posts ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES o(a, b) "
            "ON DELETE SET NULL (a);"
        ),
        (
            "op.create_foreign_key('f', 'posts', 'o', ['a', 'b'], ['a', 'b'], "
            "ondelete='SET NULL (a)')"
        ),
    ),
    ("DROP INDEX app.i;", "op.drop_index('i', schema='app')"),
    (
        "ALTER TABLE public.posts ALTER COLUMN a TYPE character varying(300) USING a::text;",
        "op.alter_column('posts', 'a', type_=sa.String(length=300), postgresql_using='a::text')",
    ),
    (
        "ALTER TABLE public.posts ALTER COLUMN a TYPE integer[] USING ARRAY[a];",
        (
            "op.alter_column('posts', 'a', type_=postgresql.ARRAY(sa.Integer()), "
            "postgresql_using='ARRAY[a]')"
        ),
    ),
    (
        "ALTER TABLE public.posts ADD COLUMN up text GENERATED ALWAYS AS (upper(a)) STORED;",
        (
            "op.add_column('posts', sa.Column('up', sa.Text(), "
            "sa.Computed('upper(a)', persisted=True)))"
        ),
    ),
    (
        "ALTER TABLE public.posts ADD COLUMN n numeric(10,2) DEFAULT 0.5 NOT NULL;",
        (
            "op.add_column('posts', sa.Column('n', sa.Numeric(precision=10, scale=2), "
            "server_default=sa.text('0.5'), nullable=False))"
        ),
    ),
    (
        "ALTER TABLE public.posts ALTER COLUMN n SET DEFAULT 'x'::text;",
        "op.alter_column('posts', 'n', server_default=sa.text(\"'x'::text\"))",
    ),
    (
        "ALTER TABLE public.posts ALTER COLUMN n DROP DEFAULT;",
        "op.alter_column('posts', 'n', server_default=None)",
    ),
    (
        "ALTER TABLE public.posts ALTER COLUMN n SET NOT NULL;",
        "op.alter_column('posts', 'n', nullable=False)",
    ),
    ("ALTER TABLE public.posts DROP COLUMN n;", "op.drop_column('posts', 'n')"),
    ("COMMENT ON TABLE public.posts IS 'it''s';", "op.create_table_comment('posts', \"it's\")"),
    ("COMMENT ON TABLE public.posts IS NULL;", "op.drop_table_comment('posts')"),
    (
        "COMMENT ON COLUMN app.posts.a IS '100%';",
        "op.alter_column('posts', 'a', comment='100%', schema='app')",
    ),
]

# What Alembic has no words for, or words that say less.
RAW = [
    "ALTER TABLE public.posts ADD CONSTRAINT c CHECK ((x > 0)) NO INHERIT;",
    "ALTER TABLE ONLY public.posts ADD CONSTRAINT u UNIQUE (a) INCLUDE (c);",
    "ALTER TABLE ONLY public.posts ADD CONSTRAINT e EXCLUDE USING gist (lower(b) WITH =);",
    "ALTER TABLE ONLY public.posts ALTER COLUMN a SET DEFAULT 1;",
    "CREATE INDEX i ON ONLY public.posts USING btree (a);",
    "ALTER TABLE public.posts ALTER COLUMN a TYPE public.mood USING a::text::public.mood;",
    "ALTER TABLE public.posts ALTER COLUMN a TYPE text USING a % 2;",
    'ALTER TABLE public.posts ADD COLUMN n text COLLATE pg_catalog."C";',
    "ALTER TABLE public.posts DROP COLUMN n CASCADE;",
    "ALTER TABLE public.posts ADD COLUMN a integer, DROP COLUMN b;",
    "COMMENT ON COLUMN public.posts.a IS E'a\\nb';",
    "CREATE VIEW public.v AS SELECT 1;",
    "SELECT 1; SELECT 2",
]


@pytest.mark.parametrize(("statement", "source"), WORDS)
def test_a_statement_in_alembics_words(statement: str, source: str) -> None:
    call = alembic_call(statement)
    assert call is not None
    assert call.source().replace('"', "'") == source.replace('"', "'")


@pytest.mark.parametrize("statement", RAW)
def test_what_alembic_cannot_say_is_no_call(statement: str) -> None:
    assert alembic_call(statement) is None


def test_only_an_operation_in_words_is_rendered_as_a_call() -> None:
    drop = ("ALTER TABLE public.posts DROP CONSTRAINT c;",)
    context = rendering.context()
    plain, worded = (
        StatementOp("drop", "check constraint c on posts", drop, (), in_words=words)
        for words in (False, True)
    )
    assert render(plain, context) == 'op.execute("ALTER TABLE public.posts DROP CONSTRAINT c")'
    assert render(worded, context) == 'op.drop_constraint("c", "posts", type_="check")'
    context.opts["target_metadata"] = MetaData(naming_convention={"ck": "%(table_name)s_check"})
    assert render(worded, context) == 'op.drop_constraint(op.f("c"), "posts", type_="check")'
    assert render(worded.reverse(), context) == ""


def render(operation: StatementOp, context: AutogenContext) -> str:
    return "\n".join(render_op(context, operation))
