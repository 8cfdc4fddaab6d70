"""One change in several revisions: expand, online, contract."""
