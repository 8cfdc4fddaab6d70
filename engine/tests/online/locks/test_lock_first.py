"""Two busy tables, which others write in both orders: a key between them gets through."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from alembic_pg.database.connect import make_engine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.online.watching import watched

if TYPE_CHECKING:
    from tests.online.site import Site

TABLES = (
    "CREATE TABLE a (id int PRIMARY KEY, n int)",
    "CREATE TABLE b (id int PRIMARY KEY, n int)",
    "INSERT INTO a SELECT g, g FROM generate_series(1, 50) AS g",
    "INSERT INTO b SELECT g, g FROM generate_series(1, 50) AS g",
)


def test_a_key_between_two_busy_tables_gets_through(site: Site) -> None:
    site.sql(*TABLES)
    site.revise('op.create_foreign_key("k", "a", "b", ["n"], ["id"])')
    over, failed = threading.Event(), []

    def write(number: int, *tables: str) -> None:
        with make_engine(site.url).connect() as connection:
            while not over.is_set():
                try:
                    for table in tables:
                        set_it = text(f"UPDATE {table} SET n = n WHERE id = {number}")  # noqa: S608
                        connection.execute(set_it)
                        over.wait(0.004)
                    connection.commit()
                except DBAPIError as error:
                    failed.append(str(error))
                    connection.rollback()
                over.wait(0.004)

    writers = [
        threading.Thread(target=write, args=(number, *order))
        for number, order in enumerate([("a", "b"), ("b", "a"), ("b", "a")], 1)
    ]
    for writer in writers:
        writer.start()
    try:
        site.upgrade(lock_patience="20s")
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert site.version == ["002a"]
    assert not failed  # nobody was the victim of a deadlock


def test_only_several_tables_are_locked_first(site: Site) -> None:
    site.sql(*TABLES)
    site.revise('op.add_column("a", sa.Column("x", sa.Text))')
    with watched() as steps:
        site.upgrade()
    assert not any("LOCK TABLE" in step.sql for step in steps)
