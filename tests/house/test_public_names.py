"""The public surface: a name is there because somebody decided so, and says what it is."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

import onestory
from onestory import channel, errors, testing
from onestory.errors import OnestoryError

SOURCE = Path(onestory.__file__).parent

PUBLIC = {
    onestory: [
        "Ability",
        "Alias",
        "Arrived",
        "Aside",
        "Asked",
        "Cancel",
        "Channel",
        "Charge",
        "Claim",
        "Claims",
        "Clock",
        "Company",
        "Confirmed",
        "ContactPolicy",
        "Contradiction",
        "Counts",
        "Credit",
        "Disagreement",
        "DoneStep",
        "Entity",
        "Event",
        "Explanation",
        "Fact",
        "Fate",
        "Fault",
        "Finding",
        "Followed",
        "Goodwill",
        "HandClock",
        "HoldBill",
        "Incident",
        "Key",
        "Link",
        "Loaded",
        "Message",
        "Money",
        "MovesMoney",
        "NotDone",
        "NotPulled",
        "Notice",
        "Office",
        "OnestoryError",
        "Page",
        "Party",
        "Patience",
        "People",
        "Person",
        "PullState",
        "Pulled",
        "Purpose",
        "PutOff",
        "Receipt",
        "Refund",
        "Refused",
        "ReleaseBill",
        "Repair",
        "RepairState",
        "Repaired",
        "RowFile",
        "SayAgain",
        "Send",
        "SetValue",
        "Source",
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
        "files_of",
        "ignoring_case",
        "ignoring_case_and_space",
        "ignoring_space",
        "items_of",
        "latest_of",
        "load",
        "message",
        "nearly",
        "open",
        "reads",
        "remedies",
        "remedies_incidents",
        "rows_of",
        "to_the_cent",
        "webhooks",
    ],
    channel: ["smtp", "webhook"],
    testing: ["NINE", "Answer", "Caller", "Oracle", "Timeline", "differing", "one_by_one"],
}
"""Add a name here together with its heading in the docs, its typing test and its changelog line."""

CODES = {
    "OnestoryError": "onestory",
    "DeclarationError": "declaration-error",
    "NoSuchDuration": "no-such-duration",
    "UnreadableType": "unreadable-type",
    "NobodyDecides": "nobody-decides",
    "TwoCompanies": "two-companies",
    "DeclaredTwice": "declared-twice",
    "DeclaredTooLate": "declared-too-late",
    "ImpossibleTime": "impossible-time",
    "DerivedInCircles": "derived-in-circles",
    "NoRow": "no-row",
    "MessageError": "message-error",
    "NotAMessage": "not-a-message",
    "TooLarge": "too-large",
    "NoReader": "no-reader",
    "ReaderFailed": "reader-failed",
    "ValueMisfit": "value-misfit",
    "NoSequence": "no-sequence",
    "LedgerError": "ledger-error",
    "NotALedger": "not-a-ledger",
    "OtherCompany": "other-company",
    "TermsRefused": "terms-refused",
    "LedgerNewer": "ledger-newer",
    "LedgerBusy": "ledger-busy",
    "LedgerReadOnly": "ledger-read-only",
    "LedgerFull": "ledger-full",
    "LedgerUnreachable": "ledger-unreachable",
    "LedgerCorrupt": "ledger-corrupt",
    "NotEmpty": "not-empty",
    "AskedInVain": "asked-in-vain",
    "NoSuchName": "no-such-name",
    "NotHeard": "not-heard",
    "NotShown": "not-shown",
    "NotAllowed": "not-allowed",
    "NotTaken": "not-taken",
    "OtherForm": "other-form",
    "TooSlow": "too-slow",
    "TooBusy": "too-busy",
    "NotSigned": "not-signed",
    "RemedyError": "remedy-error",
    "KeyReused": "key-reused",
    "OtherStep": "other-step",
    "NotDone": "not-done",
    "Refused": "refused",
    "OutcomeUnknown": "outcome-unknown",
    "NotPulled": "not-pulled",
    "ColumnsChanged": "columns-changed",
    "NotInstalled": "not-installed",
    "NotLetIn": "not-let-in",
    "NotSignedIn": "not-signed-in",
    "NotRecognized": "not-recognized",
    "TooManyTries": "too-many-tries",
    "NoRight": "no-right",
    "FromElsewhere": "from-elsewhere",
    "ProviderRefused": "provider-refused",
    "PasswordRefused": "password-refused",
}
"""Programs that read our answers as JSON go by these; a changed code is a changelog line."""

ERRORS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, OnestoryError)
]
BEGGING = re.compile(r"\binvalid\b|\bfailed to\b|\bplease\b", re.IGNORECASE)
LEAF = re.compile(r"^( *)[*x+] (\w+)", re.MULTILINE)


@pytest.mark.parametrize("module", list(PUBLIC), ids=lambda m: m.__name__)
def test_the_public_names_are_these(module: ModuleType) -> None:
    """A name comes or goes by decision, never by accident."""
    assert module.__all__ == PUBLIC[module]


@pytest.mark.parametrize("module", list(PUBLIC), ids=lambda m: m.__name__)
def test_public_names_are_sorted_and_there(module: ModuleType) -> None:
    """Whoever looks a name up finds it where the alphabet has it, constants first, and can import it."""
    assert module.__all__ == sorted(set(module.__all__), key=lambda n: (not n.isupper(), n))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def constants() -> dict[str, str]:
    """What the sources write below their constants, to say what each is."""
    found: dict[str, str] = {}
    for path in SOURCE.rglob("*.py"):
        for line, below in pairwise(ast.parse(path.read_text("utf-8")).body):
            if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(below, ast.Expr):
                name = line.target if isinstance(line, ast.AnnAssign) else line.targets[0]
                found[ast.unparse(name)] = str(ast.literal_eval(below.value))
    return found


@pytest.mark.parametrize("name", [name for names in PUBLIC.values() for name in names])
def test_every_public_name_says_what_it_is(name: str) -> None:
    """The first line of its docstring is one sentence."""
    thing = next(getattr(room, name) for room, names in PUBLIC.items() if name in names)
    own = inspect.isclass(thing) or inspect.isfunction(thing)
    said = thing.__doc__ if own else constants().get(name)
    first = (said or "").partition("\n")[0]

    assert first.endswith((".", ":")), f"{name} says {first!r}; write one sentence"


def test_the_tree_of_errors_is_as_its_first_page_shows() -> None:
    """The docstring of errors.py is the tree of its classes, in their order."""
    shown: list[tuple[str, str]] = []
    above = ["Exception"]
    for indent, name in LEAF.findall(errors.__doc__ or ""):
        del above[len(indent) // 2 + 1 :]
        shown.append((name, above[-1]))
        above.append(name)

    assert shown == [(kind.__name__, kind.__base__.__name__) for kind in ERRORS if kind.__base__]


def test_codes_are_stable_and_each_is_one_errors_own() -> None:
    """An error is known by its code, tomorrow too."""
    assert {kind.__name__: kind.code for kind in ERRORS} == CODES
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_pickles(kind: type[OnestoryError]) -> None:
    """An error that comes from another process is the same error, with its three parts."""
    sent = kind("It happened.", where="company.py:7", fix="Write it so.")
    got = pickle.loads(pickle.dumps(sent))  # noqa: S301 - we made it ourselves one line above

    assert type(got) is kind
    assert (got.what, got.where, got.fix) == ("It happened.", "company.py:7", "Write it so.")
    assert str(got) == str(sent)
    assert str(got).count("\n") == 2


def begging(text: str) -> list[str]:
    """Every text in a source that begs or blames."""
    texts = (n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant))
    return [t for t in texts if isinstance(t, str) and BEGGING.search(t)]


def test_no_error_begs_or_blames() -> None:
    """An error says what happened: never that something is invalid, that it failed to, or please."""
    paths = SOURCE.rglob("*.py")

    assert [said for path in paths for said in begging(path.read_text("utf-8"))] == []
    assert begging("raise NoReader('Please send a valid type.')")
