"""What a revision does, for the screen."""
