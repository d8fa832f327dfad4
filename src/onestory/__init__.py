"""One story for every customer, whichever system, channel or person they ask."""

<<<<<<< HEAD
from .clock import HandClock, WallClock
from .errors import NotDone, OnestoryError, Refused
from .intake import Message, RowFile, message, reads
from .model import (
    Ability,
    Cancel,
=======
from .agreement import Fault
from .clock import Clock, HandClock, WallClock
from .errors import OnestoryError
from .intake import Arrived, Message, RowFile, Unreadable, message, reads
from .ledger import Aside, Contradiction, Counts, Finding, Incident
from .model import (
    Alias,
>>>>>>> 569e1a725dc1898b2c98c19235270596255467b6
    Channel,
    Charge,
    Claim,
    Claims,
    Company,
    Credit,
    Entity,
    Fact,
<<<<<<< HEAD
    Goodwill,
    HoldBill,
    Key,
    Link,
    Money,
    MovesMoney,
    Patience,
=======
    Followed,
    Key,
    Link,
    Money,
    Party,
>>>>>>> 569e1a725dc1898b2c98c19235270596255467b6
    People,
    Refund,
    ReleaseBill,
    SayAgain,
    SetValue,
    Standing,
    System,
    Telling,
    arm,
    declares_different,
    derives,
    does,
    equal,
    ignoring_case,
    ignoring_case_and_space,
    ignoring_space,
    latest_of,
    nearly,
    to_the_cent,
)
<<<<<<< HEAD
from .office import Fate, Loaded, Office, Receipt, load, open  # noqa: A004 - it opens a company
from .remedy import Repair, remedies

__all__ = [
    "Ability",
    "Cancel",
=======
from .office import (
    Fate,
    Loaded,
    Office,
    Person,
    Receipt,
    load,
    open,  # noqa: A004 - it opens a company
)
from .story import Event, Explanation

__all__ = [
    "Alias",
    "Arrived",
    "Aside",
>>>>>>> 569e1a725dc1898b2c98c19235270596255467b6
    "Channel",
    "Charge",
    "Claim",
    "Claims",
    "Clock",
    "Company",
<<<<<<< HEAD
    "Credit",
=======
    "Contradiction",
    "Counts",
>>>>>>> 569e1a725dc1898b2c98c19235270596255467b6
    "Entity",
    "Event",
    "Explanation",
    "Fact",
    "Fate",
<<<<<<< HEAD
    "Goodwill",
    "HandClock",
    "HoldBill",
=======
    "Fault",
    "Finding",
    "Followed",
    "HandClock",
    "Incident",
>>>>>>> 569e1a725dc1898b2c98c19235270596255467b6
    "Key",
    "Link",
    "Loaded",
    "Message",
    "Money",
    "MovesMoney",
    "NotDone",
    "Office",
    "OnestoryError",
<<<<<<< HEAD
    "Patience",
=======
    "Party",
>>>>>>> 569e1a725dc1898b2c98c19235270596255467b6
    "People",
    "Person",
    "Receipt",
    "Refund",
    "Refused",
    "ReleaseBill",
    "Repair",
    "RowFile",
    "SayAgain",
    "SetValue",
    "Standing",
    "System",
    "Telling",
    "Unreadable",
    "WallClock",
    "arm",
    "declares_different",
    "derives",
    "does",
    "equal",
    "ignoring_case",
    "ignoring_case_and_space",
    "ignoring_space",
    "latest_of",
    "load",
    "message",
    "nearly",
    "open",
    "reads",
    "remedies",
    "to_the_cent",
]
__version__ = "0.1.0"
