"""Try revisions in a process that is as an upgrade is."""
