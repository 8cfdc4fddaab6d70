"""The cases of the matrix, a module for each kind of object."""
