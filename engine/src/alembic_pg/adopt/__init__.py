"""Take what a database or a history has over into the models."""
