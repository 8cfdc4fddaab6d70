"""Compare a live database with what the revisions build up to its own revision."""
