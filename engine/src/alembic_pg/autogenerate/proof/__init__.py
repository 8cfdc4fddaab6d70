"""Try a candidate revision in both directions before it is written."""
