"""Replace a column by a second one of another type, which is filled beside traffic."""
