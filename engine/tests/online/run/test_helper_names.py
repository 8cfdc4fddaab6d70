"""The names of helpers."""

from __future__ import annotations

from alembic_pg.online.run.helper_names import ours, unquoted


def test_a_name_of_ours_is_short_enough_and_always_the_same() -> None:
    assert ours("t_a_idx", "new") == "t_a_idx_ddl_new"
    long = ours("ö" * 31, "keep")
    assert long == ours("ö" * 31, "keep") != ours("ö" * 30 + "o", "keep")
    assert len(long.encode()) <= 63
    assert long.endswith("_ddl_keep")


def test_the_name_in_the_catalog() -> None:
    assert unquoted("Public.Users") == "users"
    assert unquoted('public."Users"') == "Users"
