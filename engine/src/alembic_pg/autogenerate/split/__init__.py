"""Split one change into several revisions: expand, online, contract."""
