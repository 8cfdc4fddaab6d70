"""Locks: waiting for them without letting others queue behind us."""
