"""What differs between the models and the revisions."""
