"""What a user of the alembic command sees.

Alembic imports this package before every command, since alembic.ini's script_location names it:
so a broken revision file is one line also for the commands that never run env.py.
"""

from __future__ import annotations

from ddl.console import arguments, uncaught

if arguments.is_alembic():
    uncaught.install()
    arguments.check()
