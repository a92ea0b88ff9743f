"""One file, one step; the number in its name is its version."""
