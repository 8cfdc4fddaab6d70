"""Tell what a pending statement costs: time and space."""
