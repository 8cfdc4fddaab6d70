"""pg_dump's output, read into comparable entries."""
