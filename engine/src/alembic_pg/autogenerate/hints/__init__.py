"""What only a person can tell: renames and values for old rows."""
