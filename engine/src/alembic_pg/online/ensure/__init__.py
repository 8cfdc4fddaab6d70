"""Build an index, a constraint or NOT NULL unless it is there and valid; safe to repeat."""
