"""How a change of the models becomes a proven, online-safe revision."""
