"""SQL as text: read and written without a connection."""
