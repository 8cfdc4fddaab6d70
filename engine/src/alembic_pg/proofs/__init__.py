"""Prove new revisions with rows, and with the models of the release before."""
