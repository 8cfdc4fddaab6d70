"""Run revisions on the target, and what is asked of it before and after."""
