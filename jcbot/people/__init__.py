"""The registry of people (建档立卡): who they are, sealed; what the rules ask, in plain columns."""
