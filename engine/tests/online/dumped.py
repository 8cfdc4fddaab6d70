"""What pg_dump prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.online.site import Site


def dumped(site: Site) -> list[str]:
    """Return what pg_dump prints beside the tables, whose columns have another order."""
    entries = site.schema.items()
    created = [entry.create for key, entry in entries if not key.startswith("TABLE public")]
    return sorted(text for text in created if "ON SCHEMA" not in text)
