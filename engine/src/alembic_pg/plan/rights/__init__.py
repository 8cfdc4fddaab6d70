"""Find what the statements of a plan do to which the role has no right."""
