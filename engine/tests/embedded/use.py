"""A process that uses an embedded server, told what to do on its standard input.

Arguments: the folder and "durable" or "scratch". It answers each line with one line of JSON:
"start" with the server's URL, "ask" with what the server says of itself. It leaves at the end
of its input. A UserError ends it as Alembic's command line would.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from alembic_pg.embedded.server import start
from alembic_pg.errors import UserError
from sqlalchemy import create_engine, text

folder, kind = sys.argv[1:]
try:
    for line in sys.stdin:
        server = start(Path(folder), durable=kind == "durable")
        answer = server.url("postgres").render_as_string()
        if line.strip() == "ask":
            engine = create_engine(server.url("postgres"))
            with engine.connect() as connection:
                answer = connection.execute(text("SELECT version()")).scalar_one()
        print(json.dumps(answer), flush=True)  # noqa: T201 - the protocol
except UserError as error:
    sys.exit(f"FAILED: {error}")
