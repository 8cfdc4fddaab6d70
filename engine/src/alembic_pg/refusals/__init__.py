"""Every refusal of a run as data: what is refused, why, and what to do instead."""
