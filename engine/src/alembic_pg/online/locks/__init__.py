"""Get locks without letting other sessions queue behind us."""
