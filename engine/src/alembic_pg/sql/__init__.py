"""Read and write SQL as text, without a connection."""
