"""What a revision will do: what it destroys, what stops working, which steps it takes."""
