"""Revisions under traffic: what a statement of a revision becomes when it runs."""
