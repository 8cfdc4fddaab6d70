"""After a run that died: what it left, and how it is taken back."""
