"""--sql: the steps of a run, written as a script for psql."""
