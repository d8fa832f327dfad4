"""For your tests: a company on a clock you hold in your hand, an oracle, and strategies."""

from .oracle import Oracle, differing
from .timeline import NINE, Timeline

__all__ = ["NINE", "Oracle", "Timeline", "differing"]
