"""Describe for the screen what a revision does."""
