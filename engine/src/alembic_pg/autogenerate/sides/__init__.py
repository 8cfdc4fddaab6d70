"""The two databases that are compared: what revisions build, and what models declare."""
