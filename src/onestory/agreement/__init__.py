"""Agreements: who decides, who follows within which time, and how each stands. Pure."""

from .agreement import Agreement, Agreements, EntityAgreements, Follows
from .cause import Cause, Fault, cause_of
from .hear import decided_values, hear, rejudge
from .judge import excused, judge, standing
from .naming import link_name, unlink_name
from .rehear import rehearing, speech_of
from .speech import Outcome, Speech, refusal

__all__ = [
    "Agreement",
    "Agreements",
    "Cause",
    "EntityAgreements",
    "Fault",
    "Follows",
    "Outcome",
    "Speech",
    "cause_of",
    "decided_values",
    "excused",
    "hear",
    "judge",
    "link_name",
    "refusal",
    "rehearing",
    "rejudge",
    "speech_of",
    "standing",
    "unlink_name",
]
