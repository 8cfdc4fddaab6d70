"""Run the embedded PostgreSQL server, which serves where no other server is named."""
