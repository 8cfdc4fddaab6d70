"""Answer drift: take it back, take it into the models, or hear no more of it."""
