"""Check the revisions without running them: one head, what they destroy, squawk's opinion."""
