"""Read pg_dump's output into comparable entries."""
