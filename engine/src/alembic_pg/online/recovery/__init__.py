"""Report and undo what an interrupted run has left."""
