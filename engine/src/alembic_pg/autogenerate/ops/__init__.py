"""Define the operations that autogenerate adds to Alembic's own."""
