"""What we say next: one topic, one file, one short function per step."""
