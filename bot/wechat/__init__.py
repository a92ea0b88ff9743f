"""The WeChat door: what comes in sealed, what goes out sealed, and a pretend phone."""
