"""Write the pages of the documentation that are lists of what the code has."""
