"""A candidate revision is tried in both directions before it is written."""
