"""List what a command of this project would find: what is installed, which servers, what lacks."""
