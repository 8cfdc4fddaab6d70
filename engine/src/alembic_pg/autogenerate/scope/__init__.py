"""What is compared at all."""
