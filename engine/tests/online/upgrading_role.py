"""A role that has no more rights than a migration needs, and upgrades."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.online.site import Site


@contextmanager
def upgrading_role(
    site: Site, *tables: str, attributes: str = "", rights: tuple[str, ...] = ()
) -> Iterator[str]:
    """Let a role own tables and alembic_version, and upgrade meanwhile; yield its name.

    attributes: of CREATE ROLE. rights: statements that give it more, with {role} for its name. What
    it owns belongs to the superuser again at the end.
    """
    name = f"upgrades_{site.url.database}"
    site.sql(
        f"CREATE ROLE {name} LOGIN {attributes}",
        *(f"ALTER TABLE {table} OWNER TO {name}" for table in ("alembic_version", *tables)),
        f"GRANT ALL ON SCHEMA public TO {name}",
        *(right.format(role=name) for right in rights),
    )
    url = site.url.set(username=name).render_as_string(hide_password=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        try:
            yield name
        finally:
            site.sql(
                f"REASSIGN OWNED BY {name} TO CURRENT_USER",
                f"DROP OWNED BY {name}",
                f"DROP ROLE {name}",
            )
