"""Find what stands in the way of an upgrade: what somebody changed by hand and it changes, too."""
