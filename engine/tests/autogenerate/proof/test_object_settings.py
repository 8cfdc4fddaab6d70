"""A comment, a right or a setting of storage is gone with its object."""

from __future__ import annotations

import pytest
from alembic_pg.autogenerate.proof.object_settings import dropped_object, setting_of_object


@pytest.mark.parametrize(
    ("setting", "drops"),
    [
        ("COMMENT ON INDEX public.i IS NULL;", ["DROP INDEX public.i;"]),
        (
            "COMMENT ON COLUMN public.t.a IS 'it''s; IS NULL;';",
            ["ALTER TABLE public.t DROP COLUMN a;", "DROP TABLE public.t;"],
        ),
        (
            'COMMENT ON CONSTRAINT "a b" ON public.t IS NULL;',
            ['ALTER TABLE public.t DROP CONSTRAINT "a b";', "DROP TABLE public.t;"],
        ),
        ("COMMENT ON CONSTRAINT c ON DOMAIN public.d IS NULL;", ["DROP DOMAIN public.d;"]),
        ("COMMENT ON TRIGGER g ON public.t IS NULL;", ["DROP TRIGGER g ON public.t;"]),
        ("COMMENT ON FUNCTION public.f(a integer) IS 'x';", ["DROP FUNCTION public.f(a integer);"]),
        ("COMMENT ON SCHEMA s IS NULL;", ["DROP SCHEMA s;"]),
        ("COMMENT ON COLUMN public.ct.x IS NULL;", ["DROP TYPE public.ct;"]),
        ("COMMENT ON MATERIALIZED VIEW s.v IS NULL;", ["DROP MATERIALIZED VIEW s.v;"]),
        (
            "REVOKE SELECT(a) ON TABLE public.t FROM PUBLIC;",
            ["ALTER TABLE public.t DROP COLUMN a;", "DROP TABLE public.t;"],
        ),
        ("REVOKE USAGE ON SCHEMA s FROM PUBLIC;", ["DROP SCHEMA s;"]),
        ("GRANT ALL ON FUNCTION public.f() TO PUBLIC;", ["DROP FUNCTION public.f();"]),
        (
            "ALTER TABLE ONLY public.t ALTER COLUMN a SET STATISTICS -1;",
            ["ALTER TABLE public.t DROP COLUMN a;", "DROP MATERIALIZED VIEW public.t;"],
        ),
        ("ALTER TABLE ONLY public.t ALTER COLUMN a SET STORAGE PLAIN;", ["DROP TABLE public.t;"]),
        ("ALTER TABLE public.t ALTER a SET COMPRESSION lz4;", ["DROP TABLE public.t;"]),
        ("ALTER TABLE ONLY public.t ALTER COLUMN a RESET (n_distinct);", ["DROP TABLE public.t;"]),
        ("ALTER TABLE public.t CLUSTER ON i;", ["DROP TABLE public.t;", "DROP INDEX public.i;"]),
        ("ALTER TABLE public.t DISABLE ROW LEVEL SECURITY;", ["DROP TABLE public.t;"]),
        (
            "ALTER TABLE public.t ENABLE ALWAYS TRIGGER g;",
            ["DROP TRIGGER g ON public.t;", "DROP TABLE public.t;"],
        ),
        ("ALTER INDEX public.i ALTER COLUMN 1 SET STATISTICS 9;", ["DROP INDEX public.i;"]),
        ("ALTER STATISTICS public.st SET STATISTICS 50;", ["DROP STATISTICS public.st;"]),
    ],
)
def test_what_is_dropped_takes_its_setting_along(setting: str, drops: list[str]) -> None:
    found = setting_of_object(setting)
    assert found is not None
    assert {dropped_object(drop) for drop in drops} <= {*found.paths}


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 1;",
        "ALTER TABLE public.t ALTER COLUMN a SET NOT NULL;",
        "ALTER TABLE public.t ALTER COLUMN a SET STATISTICS 1, DROP COLUMN b;",
        "ALTER TABLE public.t DROP COLUMN a;",
        "CREATE INDEX i ON public.t USING btree (a);",
        "UPDATE t SET a = 'COMMENT ON TABLE t IS NULL;';",
    ],
)
def test_other_statements_set_nothing_that_goes_along(statement: str) -> None:
    assert setting_of_object(statement) is None


def test_another_object_of_the_same_name_is_not_meant() -> None:
    found = setting_of_object("COMMENT ON COLUMN public.t.a IS NULL;")
    assert found is not None
    others = ["DROP TABLE s.t;", "ALTER TABLE public.u DROP COLUMN a;", "DROP SCHEMA t;"]
    assert not {dropped_object(drop) for drop in others} & {*found.paths}
