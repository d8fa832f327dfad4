"""For your tests: a company on a clock you hold in your hand, an oracle, and strategies."""

from ..remedy import Answer, Caller, one_by_one
from .oracle import Oracle, differing
from .timeline import NINE, Timeline

__all__ = ["NINE", "Answer", "Caller", "Oracle", "Timeline", "differing", "one_by_one"]
