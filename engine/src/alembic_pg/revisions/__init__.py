"""The history of revisions, read without running it on a target."""
