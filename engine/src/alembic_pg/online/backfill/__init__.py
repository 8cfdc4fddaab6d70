"""Filling the rows of a table in batches."""
