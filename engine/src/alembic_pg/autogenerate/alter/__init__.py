"""Write the SQL statements for differences that Alembic's operations do not express."""
