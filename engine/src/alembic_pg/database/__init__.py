"""Which server, which database: the target, and the scratch databases beside it."""
