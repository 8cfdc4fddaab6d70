"""Help the tests of a project: a working tree, the alembic command in it, a server."""
