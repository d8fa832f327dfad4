"""The ledger: everything heard, opened, settled, done and told, in order, for ever. The only SQL."""

from .audience import Hearer
from .batch import Batch
from .contradiction import Contradiction, Incident
from .copying import Copied, copy
from .dossier import UNNUMBERED, Dossier, Excuse, Gap, Said, new_dossier, plain
from .entry import DONE, HEARD, KINDS, OPENED, SETTLED, TOLD, Aside, Draft, Entry
from .ledger import Ledger
from .opening import open_database
from .sign_in import Account, ProgramKey, Session, SessionLine, SignIn, Way
from .sqlite import SqliteDatabase
from .subject import Ref, Subject
from .tasks import PutOff, Task
from .verify import Finding, verify
from .view import Counts, Found, View

__all__ = [
    "DONE",
    "HEARD",
    "KINDS",
    "OPENED",
    "SETTLED",
    "TOLD",
    "UNNUMBERED",
    "Account",
    "Aside",
    "Batch",
    "Contradiction",
    "Copied",
    "Counts",
    "Dossier",
    "Draft",
    "Entry",
    "Excuse",
    "Finding",
    "Found",
    "Gap",
    "Hearer",
    "Incident",
    "Ledger",
    "ProgramKey",
    "PutOff",
    "Ref",
    "Said",
    "Session",
    "SessionLine",
    "SignIn",
    "SqliteDatabase",
    "Subject",
    "Task",
    "View",
    "Way",
    "copy",
    "new_dossier",
    "open_database",
    "plain",
    "verify",
]
