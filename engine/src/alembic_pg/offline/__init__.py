"""Write the steps of a run as a script for psql: ``--sql``."""
