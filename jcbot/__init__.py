"""What the office does and remembers: decisions and memory."""
