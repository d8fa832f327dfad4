"""What a company.py declares, as plain data: no database, no clock, no I/O."""

from .ability import (
    Ability,
    Cancel,
    Charge,
    Credit,
    Does,
    Goodwill,
    HoldBill,
    MovesMoney,
    Refund,
    ReleaseBill,
    SayAgain,
    Send,
    SetValue,
    ability_of,
    answer_form,
    does,
    kind_of,
)
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
from .notice import ContactPolicy, Notice, Purpose, check_contact, policy_of
from .often import check_pulls
from .party import COMPANY, LatestOf, Party, People, System, latest_of
from .pull import Asked, Page, Pull, Source
from .remedy import (
    MEMBERS,
    PATIENT,
    Patience,
    Remedy,
    declare_incident_remedy,
    declare_remedy,
)
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
    "MEMBERS",
    "PATIENT",
    "Ability",
    "Alias",
    "AliasClaim",
    "Armed",
    "Asked",
    "Cancel",
    "Change",
    "Channel",
    "Charge",
    "Claim",
    "Claims",
    "Company",
    "ContactPolicy",
    "Credit",
    "Decided",
    "DeclaredEntity",
    "Derivation",
    "Difference",
    "Does",
    "Entity",
    "Fact",
    "FactTerms",
    "Followed",
    "Follower",
    "Form",
    "Goodwill",
    "HoldBill",
    "Json",
    "Key",
    "LatestOf",
    "Link",
    "Money",
    "MovesMoney",
    "Notice",
    "Page",
    "Party",
    "Passing",
    "Patience",
    "People",
    "Pull",
    "Purpose",
    "Refund",
    "ReleaseBill",
    "Remedy",
    "Sameness",
    "SayAgain",
    "Send",
    "SetValue",
    "Source",
    "Standing",
    "System",
    "Telling",
    "Terms",
    "ability_of",
    "answer_form",
    "arm",
    "check_contact",
    "check_pulls",
    "checked_key",
    "declare_incident_remedy",
    "declare_remedy",
    "declares_different",
    "derives",
    "does",
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
    "kind_of",
    "known_remedy",
    "latest_of",
    "nearly",
    "no_such",
    "party_of",
    "plan",
    "policy_of",
    "remedy_names",
    "said",
    "spelled",
    "spelled_type",
    "terms_of",
    "to_the_cent",
    "zone_of",
]
