"""The one exception for what a user can cause and can mend."""

from __future__ import annotations

from alembic.util import CommandError


class UserError(CommandError):
    """Something a user can mend; its text is the whole message, one or two short lines.

    Alembic's command line prints it as ``FAILED: …``; callers of Alembic's Python API catch
    it as the ``CommandError`` that they already know.
    """
