"""The online form of each kind of statement, one file each."""
