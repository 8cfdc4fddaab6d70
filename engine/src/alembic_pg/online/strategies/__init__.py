"""Execute each kind of statement beside traffic, or refuse it: one strategy a file."""
