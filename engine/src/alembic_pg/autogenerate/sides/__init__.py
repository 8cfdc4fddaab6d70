"""Build the two schemas that are compared: the revisions' and the models'."""
