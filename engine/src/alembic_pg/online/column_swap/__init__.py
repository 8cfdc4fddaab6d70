"""A second column that takes the place of one whose type changes."""
