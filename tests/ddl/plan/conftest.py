"""The sites of the online forms."""

from __future__ import annotations

from tests.ddl.online.conftest import online, site

__all__ = ["online", "site"]
