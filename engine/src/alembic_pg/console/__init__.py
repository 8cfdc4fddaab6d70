"""Talk to the person at the terminal: arguments, messages, signals, progress."""
