"""Put a branch's revisions after those of another branch, and prove that they belong there."""
