"""What a user of a command sees on the terminal."""
