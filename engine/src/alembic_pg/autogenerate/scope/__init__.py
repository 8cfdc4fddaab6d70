"""Decide which objects of the two schemas are compared."""
