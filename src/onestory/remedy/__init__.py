"""Remedies: what is done, durably and once, when a follower has not followed."""

from .books import Disagreement, lines_of, minor_of, reconcile
from .calls import Answer, Caller, SideBySide, one_by_one
from .declaring import remedies, remedies_incidents
from .holder import holder_name, is_gone
from .repair import Repair
from .worker import Repairs

__all__ = [
    "Answer",
    "Caller",
    "Disagreement",
    "Repair",
    "Repairs",
    "SideBySide",
    "holder_name",
    "is_gone",
    "lines_of",
    "minor_of",
    "one_by_one",
    "reconcile",
    "remedies",
    "remedies_incidents",
]
