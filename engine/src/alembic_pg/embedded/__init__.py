"""The embedded PostgreSQL server: the one that runs when no other server is named."""
