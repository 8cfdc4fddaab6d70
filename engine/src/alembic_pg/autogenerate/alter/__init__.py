"""Statements that turn one object into another."""
