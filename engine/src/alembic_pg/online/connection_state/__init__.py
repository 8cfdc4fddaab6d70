"""Know in which state a revision has the connection, and what it sends on it itself."""
