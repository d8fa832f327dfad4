"""What a company.py declares, as plain data: no database, no clock, no I/O."""

from .arming import Armed, arm, known_remedy, remedy_names
from .channel import Channel
from .company import Company, here, no_such
from .derived import Derivation, derives, in_order
from .difference import Difference, declares_different
from .durations import duration, spelled
from .entity import DeclaredEntity, Entity, Key
from .fact import Claim, Claims, Decided, Fact, Follower, Link, Passing
from .keys import Alias, AliasClaim, checked_key, key_parts, key_text
from .money import Money
from .party import COMPANY, LatestOf, Party, People, System, latest_of
from .sameness import (
    Sameness,
    equal,
    ignoring_case,
    ignoring_case_and_space,
    ignoring_space,
    nearly,
    to_the_cent,
)
from .sentence import said
from .telling import Followed, Standing, Telling
from .terms import Change, FactTerms, Terms, party_of, plan, terms_of
from .values import Form, Json, form_of, spelled_type
from .zone import zone_of

__all__ = [
    "COMPANY",
    "Alias",
    "AliasClaim",
    "Armed",
    "Change",
    "Channel",
    "Claim",
    "Claims",
    "Company",
    "Decided",
    "DeclaredEntity",
    "Derivation",
    "Difference",
    "Entity",
    "Fact",
    "FactTerms",
    "Followed",
    "Follower",
    "Form",
    "Json",
    "Key",
    "LatestOf",
    "Link",
    "Money",
    "Party",
    "Passing",
    "People",
    "Sameness",
    "Standing",
    "System",
    "Telling",
    "Terms",
    "arm",
    "checked_key",
    "declares_different",
    "derives",
    "duration",
    "equal",
    "form_of",
    "here",
    "ignoring_case",
    "ignoring_case_and_space",
    "ignoring_space",
    "in_order",
    "key_parts",
    "key_text",
    "known_remedy",
    "latest_of",
    "nearly",
    "no_such",
    "party_of",
    "plan",
    "remedy_names",
    "said",
    "spelled",
    "spelled_type",
    "terms_of",
    "to_the_cent",
    "zone_of",
]
