"""The names of helpers."""

from __future__ import annotations

from alembic_pg.online.run.helper_names import catalog_name, helper_name


def test_a_name_of_ours_is_short_enough_and_always_the_same() -> None:
    assert helper_name("t_a_idx", "new") == "t_a_idx_ddl_new"
    long = helper_name("ö" * 31, "keep")
    assert long == helper_name("ö" * 31, "keep") != helper_name("ö" * 30 + "o", "keep")
    assert len(long.encode()) <= 63
    assert long.endswith("_ddl_keep")


def test_the_name_in_the_catalog() -> None:
    assert catalog_name("Public.Users") == "users"
    assert catalog_name('public."Users"') == "Users"
