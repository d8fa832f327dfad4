"""Documents: each answer to a program as data, the same on the command line and by HTTP.

Times are ISO 8601 in UTC; values are written as the ledger keeps them. What may be absent differs
from null: a fact of which no value may be told has no ``value``, and null is *said to be empty*.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from .contradicted import (
    ByFact,
    Contradiction,
    Contradictions,
    Explanation,
    Incident,
    Incidents,
    contradictions,
    explanation,
    incidents,
)
from .heard import Aside, Asides, Heard, asides, heard, replayed
from .pulled import Pull, Pulls, Refused, pulls
from .remedied import Repair, Repairs, Step, repair, repairs
from .told import Follower, Ours, Story, Timeline, Told, ours, story, timeline

json_of: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=str).encode
"""A document as JSON, in UTF-8; what has no form there is written as its text."""

__all__ = [
    "Aside",
    "Asides",
    "ByFact",
    "Contradiction",
    "Contradictions",
    "Explanation",
    "Follower",
    "Heard",
    "Incident",
    "Incidents",
    "Ours",
    "Pull",
    "Pulls",
    "Refused",
    "Repair",
    "Repairs",
    "Step",
    "Story",
    "Timeline",
    "Told",
    "asides",
    "contradictions",
    "explanation",
    "heard",
    "incidents",
    "json_of",
    "ours",
    "pulls",
    "repair",
    "repairs",
    "replayed",
    "story",
    "timeline",
]
