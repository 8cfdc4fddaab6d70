"""A statement in a person's words."""

from __future__ import annotations

import pytest
from alembic_pg.sql import describe


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("CREATE TABLE posts (id int)", ("create table", "posts")),
        ("CREATE UNLOGGED TABLE IF NOT EXISTS s.t (x int)", ("create table", "s.t")),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (x)", ("create unique index", "i")),
        ("DROP INDEX IF EXISTS public.i", ("drop index", "i")),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", ("create view", "v")),
        ("DROP MATERIALIZED VIEW m", ("drop materialized view", "m")),
        ("ALTER TABLE ONLY t ADD COLUMN x int NOT NULL", ("add column", "t.x")),
        ("ALTER TABLE t ADD x int", ("add column", "t.x")),
        ("ALTER TABLE t DROP COLUMN IF EXISTS x CASCADE", ("drop column", "t.x")),
        ("ALTER TABLE t ALTER COLUMN x SET DATA TYPE text", ("alter column: type", "t.x")),
        ("ALTER TABLE t ALTER x DROP NOT NULL", ("alter column: nullable", "t.x")),
        ("ALTER TABLE t ALTER x SET DEFAULT 1", ("alter column: default", "t.x")),
        ("ALTER TABLE t RENAME x TO y", ("rename to y", "t.x")),
        ("ALTER TABLE t RENAME TO u", ("rename to u", "t")),
        ("ALTER TABLE t ADD CONSTRAINT k CHECK (x > 0)", ("add check constraint", "k on t")),
        ("ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES u", ("add foreign key", "t")),
        ("ALTER TABLE t VALIDATE CONSTRAINT k", ("validate constraint", "k on t")),
        ("ALTER TABLE t DROP CONSTRAINT k", ("drop constraint", "k on t")),
        ("ALTER TABLE t ALTER x DROP DEFAULT, ALTER y DROP DEFAULT", ("alter table", "t")),
        ("COMMENT ON COLUMN s.t.x IS 'x'", ("comment on column", "s.t.x")),
        ("COMMENT ON TABLE t IS 'x'", ("comment on table", "t")),
        ("GRANT SELECT, INSERT (x, y) ON TABLE t TO api", ("grant", "t to api")),
        ("CREATE POLICY p ON t USING (true)", ("create policy", "p on t")),
        (
            "CREATE TRIGGER g BEFORE UPDATE ON s.t EXECUTE FUNCTION f()",
            ("create trigger", "g on s.t"),
        ),
        ("UPDATE ONLY t SET x = 1", ("update", "t")),
        ("DELETE FROM s.t", ("delete", "s.t")),
        ("ALTER TYPE mood ADD VALUE 'x'", ("alter type", "mood")),
        ("DO $$ BEGIN END $$", ("do block", "")),
        ("SELECT 1; SELECT 2", ("2 statements", "")),
    ],
)
def test_row(sql: str, row: tuple[str, str]) -> None:
    assert describe.describe_statement(sql) == row
