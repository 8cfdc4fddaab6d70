"""Run the statements of revisions: transactions, locks, progress notes, and what is refused."""
