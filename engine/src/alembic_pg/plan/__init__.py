"""Show what an upgrade would do: locks, steps, what it destroys and breaks."""
