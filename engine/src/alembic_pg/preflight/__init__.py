"""Ask the target, read-only, what a plan can only guess: which rows refuse what is pending."""
