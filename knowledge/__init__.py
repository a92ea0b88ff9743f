"""What is true, and how people say it: data, and pure functions over it."""
