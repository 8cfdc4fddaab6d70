"""A run of revisions: its transactions, its notes, what it looks at before it acts."""
