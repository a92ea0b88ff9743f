"""Putting replies together."""

from __future__ import annotations


def lines(*parts: str) -> str:
    """Join the parts that are not empty, each on a line of its own."""
    return "\n".join(part for part in parts if part)
