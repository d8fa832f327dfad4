"""The running company: an office, its command line, loading files into it."""

from .hearing import Fate, Receipt
from .loading import Loaded, load
from .office import Office
from .opened import Person
from .opening import open, planned  # noqa: A004 - onestory.open() opens a company
from .pulled import Pulled, PullState
from .repaired import Confirmed, DoneStep, Repaired, RepairState

__all__ = [
    "Confirmed",
    "DoneStep",
    "Fate",
    "Loaded",
    "Office",
    "Person",
    "PullState",
    "Pulled",
    "Receipt",
    "RepairState",
    "Repaired",
    "load",
    "open",
    "planned",
]
