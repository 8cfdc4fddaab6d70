"""Write what was made by hand into the source of the models."""
