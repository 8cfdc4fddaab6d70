"""Read what only a person can tell from the models: renames, and values for existing rows."""
