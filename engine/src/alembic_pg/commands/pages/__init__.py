"""Write a schema as pages for a browser: ``alembic-pg pages``."""
