"""The rules: conditions in three values, payments in eight shapes, outcomes with their reasons."""

from knowledge.rules.outcome import Estimate, Outcome, Reason, Validity
from knowledge.rules.policy import PolicySet

__all__ = ["Estimate", "Outcome", "PolicySet", "Reason", "Validity"]
