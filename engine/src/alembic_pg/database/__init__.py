"""Find databases and connect to them: the target, and the scratch databases beside it."""
