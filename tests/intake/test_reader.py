"""Readers: a message in, claims out; what cannot be read is set aside with its reason, the rest is heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

import msgspec
import pytest

from onestory import (
    Channel,
    Claim,
    Claims,
    Company,
    Entity,
    Fact,
    Fate,
    Key,
    Link,
    Money,
    People,
    Receipt,
    System,
    latest_of,
    message,
    reads,
)
from onestory.errors import (
    MessageError,
    NoReader,
    NoSequence,
    NotAMessage,
    ReaderFailed,
    ValueMisfit,
)
from onestory.intake import structured
from onestory.intake.reader import MAX_CLAIMS
from onestory.testing import Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("web shop", of=acme)
stranger = System("stranger", of=acme)
courier = System("courier", of=acme)
customers = People("customers", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))
    price: Fact[Money] = contracts.decides(billing.follows(within="5 min"))
    note: Fact[str] = latest_of(shop, billing).decides()
    moved: Fact[bool] = contracts.decides()
    address: Fact[str] = contracts.decides(until=moved, then=courier)
    may_call: Fact[bool] = customers.decides(shop.follows(within="1 s"))


class Parcel(Entity, of=acme):
    """A device on its way."""

    contract_no: Key[str]
    parcel_no: Key[str]
    contract: Link[Contract] = contracts.decides()


class AsDict(TypedDict):
    """A renewal as a TypedDict."""

    contract: str
    until: date
    price: NotRequired[Decimal]


@dataclass
class AsDataclass:
    """A renewal as a dataclass."""

    contract: str
    until: date
    price: Decimal = Decimal(0)


class AsStruct(msgspec.Struct):
    """A renewal as a struct."""

    contract: str
    until: date
    price: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not self.contract.strip():
            raise LookupError("no contract")


def renewed(contract: str, until: date, price: Decimal | None) -> Iterator[Claim]:
    """What each of the readers says."""
    yield Contract.renewed_until.claim(contract, until)
    if price:
        yield Contract.price.claim(contract, Money(price, "EUR"))


@reads(contracts, "as.dict")
def as_dict(renewal: AsDict) -> Claims:
    """Read a TypedDict."""
    yield from renewed(renewal["contract"], renewal["until"], renewal.get("price"))


@reads(contracts, "as.dataclass")
def as_dataclass(renewal: AsDataclass) -> Claims:
    """Read a dataclass."""
    yield from renewed(renewal.contract, renewal.until, renewal.price)


@reads(contracts, "as.struct")
def as_struct(renewal: AsStruct) -> Claims:
    """Read a struct."""
    yield from renewed(renewal.contract, renewal.until, renewal.price)


@reads(contracts, "as.it.is")
def as_it_is(renewal: dict[str, Any]) -> Claims:
    """Read what the JSON says."""
    until = date.fromisoformat(renewal["until"])
    price = Decimal(renewal["price"]) if "price" in renewal else None
    return list(renewed(renewal["contract"], until, price))


@reads(contracts, "unsaid")
def unsaid(renewal) -> Claims:  # type: ignore[no-untyped-def] # noqa: ANN001 - a type is not needed
    """Read without saying what."""
    yield from as_it_is(renewal)


LATER = datetime(2027, 2, 1, tzinfo=UTC)
MISREAD: dict[str, Any] = {}
"""What the reader below yields, by the name a test asks for."""


@reads(contracts, "misread")
def misread(asked: dict[str, str]) -> Claims:
    """Yield what a test asks for."""
    return MISREAD[asked["what"]]()  # type: ignore[no-any-return]


desk = Channel("desk", of=acme)
RENEWAL = {"contract": "C-1042", "until": "2027-03-31", "price": "49.90"}


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def hear(timeline: Timeline, kind: str, data: object, *, source: str = "contracts") -> Receipt:
    """Let one message be heard."""
    number = timeline.office.counts().messages + 1
    return timeline.office.hear(message(source, kind, data, id=f"m{number}"))[0]


def reason(receipt: Receipt) -> MessageError:
    """Why a message was set aside."""
    assert receipt.fate is Fate.ASIDE
    assert receipt.reason is not None
    return receipt.reason


@pytest.mark.parametrize("kind", ["as.dict", "as.dataclass", "as.struct", "as.it.is", "unsaid"])
def test_a_payload_is_what_the_readers_parameter_says(kind: str, timeline: Timeline) -> None:
    """A TypedDict, a dataclass, a struct, a dict, nothing at all: the same claims."""
    receipt = hear(timeline, kind, {**RENEWAL, "another": "field"})

    told = timeline.office.tell(Contract, "C-1042", to=desk)
    assert receipt.fate is Fate.HEARD
    assert told.renewed_until == date(2027, 3, 31)
    assert told.price == Money(Decimal("49.90"), "EUR")


@pytest.mark.parametrize("kind", ["as.dict", "as.dataclass", "as.struct"])
@pytest.mark.parametrize(
    "changed",
    [
        {"until": "31.3.2027"},
        {"until": None},
        {"contract": 1042},
        {"price": "many"},
        {"price": [49]},
    ],
    ids=repr,
)
def test_a_payload_that_does_not_fit_is_set_aside(
    kind: str, changed: dict[str, object], timeline: Timeline
) -> None:
    """The reason names the type, the field and the reader; nothing is guessed."""
    why = reason(hear(timeline, kind, {**RENEWAL, **changed}))

    assert isinstance(why, ValueMisfit)
    assert "The data does not fit As" in why.what
    assert f"$.{next(iter(changed))}" in why.what
    assert why.where == "contracts m1"
    assert "test_reader.py:" in why.fix


@pytest.mark.parametrize("data", [None, [], "C-1042", 7, {"contract": "C-1042"}], ids=repr)
def test_a_payload_of_another_kind_is_set_aside(data: object, timeline: Timeline) -> None:
    """A list, a text, a number, a field too few."""
    assert isinstance(reason(hear(timeline, "as.struct", data)), ValueMisfit)


def test_a_payload_that_checks_itself_may_refuse(timeline: Timeline) -> None:
    """Whatever a payload's own check raises concerns that message only."""
    first, second = timeline.office.hear(
        message("contracts", "as.struct", {**RENEWAL, "contract": " "}, id="1"),
        message("contracts", "as.struct", RENEWAL, id="2"),
    )

    assert "LookupError: no contract" in reason(first).what
    assert second.fate is Fate.HEARD


def test_numbers_and_dates_are_not_texts_in_a_message(timeline: Timeline) -> None:
    """Only rows of CSV are read laxly."""
    assert isinstance(reason(hear(timeline, "as.struct", {**RENEWAL, "contract": 7})), ValueMisfit)


def claims_of(*claims: object) -> Any:
    """A reader's yield."""
    return lambda: iter(claims)


MISREADINGS: list[tuple[str, Any, type[MessageError], str]] = [
    ("nothing", lambda: None, ReaderFailed, "TypeError: 'NoneType' object is not iterable"),
    ("a number", lambda: 7, ReaderFailed, "TypeError"),
    ("no claim", claims_of("C-1042"), ReaderFailed, "yields 'C-1042', which is not a claim"),
    ("None", claims_of(None), ReaderFailed, "yields None, which is not a claim"),
    ("a fact", lambda: iter([Contract.price]), ReaderFailed, "which is not a claim"),
    (
        "an error",
        lambda: dict[str, int]()["price"],
        ReaderFailed,
        "misread failed: KeyError: 'price'",
    ),
    ("an error on the way", lambda: (1 // n for n in (1, 0)), ReaderFailed, "not a claim"),
    (
        "a naive moment",
        lambda: [Contract.moved.claim("C-1", value=True, since=datetime(2027, 1, 5))],  # noqa: DTZ001
        ReaderFailed,
        "no time zone",
    ),
    (
        "two values",
        lambda: [Contract.moved.claim("C-1", value=True), Contract.moved.claim("C-1", value=False)],
        ReaderFailed,
        "says two things of Contract.moved for 'C-1'",
    ),
    (
        "one value for two times",
        lambda: [
            Contract.moved.claim("C-1", value=True, until=LATER),
            Contract.moved.claim("C-1", value=True, since=LATER.replace(month=3)),
        ],
        ReaderFailed,
        "says two things of Contract.moved for 'C-1'",
    ),
    (
        "no time at all",
        lambda: [Contract.moved.claim("C-1", value=True, since=LATER, until=LATER)],
        ValueMisfit,
        "which is no time at all",
    ),
    (
        "another type",
        lambda: [Contract.price.claim("C-1", "49.90 EUR")],  # type: ignore[arg-type]
        ValueMisfit,
        "Contract.price holds Money. '49.90 EUR' (str) is not Money",
    ),
    (
        "half a character",
        lambda: [Contract.address.claim("C-1", "\ud83d")],
        ValueMisfit,
        "Contract.address holds str",
    ),
    ("no key", lambda: [Contract.moved.claim("", value=True)], ValueMisfit, "'' is not a key"),
    (
        "a zero in a key",
        lambda: [Contract.moved.claim("C\0-1", value=True)],
        ValueMisfit,
        "is not a key",
    ),
    (
        "half a character in a key",
        lambda: [Contract.moved.claim("C\ud83d", value=True)],
        ValueMisfit,
        "is not a key",
    ),
    (
        "a part too few",
        lambda: [Parcel.contract.claim("C-1", "C-1")],
        ValueMisfit,
        "'C-1' is not a key of Parcel",
    ),
    (
        "a link to an alias",
        lambda: [Parcel.contract.claim(("C-1", "1"), billing.calls("B-1"))],  # type: ignore[arg-type]
        ValueMisfit,
        "is not a key of Contract",
    ),
    (
        "an alias of an alias",
        lambda: [billing.calls("B-1").names(Contract, billing.calls("B-2"))],  # type: ignore[arg-type]
        ValueMisfit,
        "is not a key of Contract",
    ),
    (
        "a fact that it does not answer",
        lambda: [Contract.may_call.claim("C-1", value=True)],
        ReaderFailed,
        "contracts neither decides nor follows Contract.may_call",
    ),
    (
        "claims without end",
        lambda: (Contract.moved.claim("C-1", value=True) for _ in range(MAX_CLAIMS + 1)),
        ReaderFailed,
        f"more than {MAX_CLAIMS:,} claims",
    ),
]


@pytest.mark.parametrize(
    ("name", "made", "kind", "what"), MISREADINGS, ids=[case[0] for case in MISREADINGS]
)
def test_a_reader_that_fails_sets_its_message_aside(
    name: str, made: Any, kind: type[MessageError], what: str, timeline: Timeline
) -> None:
    """The reason says what it yielded, and where it is; the messages beside it are heard."""
    MISREAD[name] = made
    before, failed, after = timeline.office.hear(
        message("contracts", "as.dict", RENEWAL, id="1"),
        message("contracts", "misread", {"what": name}, id="2"),
        message("contracts", "as.dict", {**RENEWAL, "contract": "C-2"}, id="3"),
    )

    why = reason(failed)
    assert type(why) is kind
    assert what in why.what
    assert why.where.startswith("contracts 2, read at test_reader.py:")
    assert why.fix
    assert [before.fate, after.fate] == [Fate.HEARD, Fate.HEARD]
    assert [aside.id for aside in timeline.office.asides()] == ["2"]


def test_nothing_of_a_message_is_heard_that_is_set_aside(timeline: Timeline) -> None:
    """A message is heard whole or not."""
    MISREAD["half"] = lambda: iter([Contract.moved.claim("C-1", value=True), None])
    hear(timeline, "misread", {"what": "half"})

    assert timeline.office.counts().entries == 0


def test_the_same_value_twice_in_one_message_is_one_claim(timeline: Timeline) -> None:
    """It says one thing, twice."""
    MISREAD["twice"] = lambda: [Contract.moved.claim("C-1", value=True) for _ in range(2)]

    assert hear(timeline, "misread", {"what": "twice"}).fate is Fate.HEARD
    assert timeline.office.tell(Contract, "C-1", to=desk).moved is True


def test_a_message_may_speak_of_many_subjects(timeline: Timeline) -> None:
    """In any order, each heard under its key."""
    MISREAD["many"] = lambda: [
        Contract.moved.claim("C-1", value=False),
        Parcel.contract.claim(("C-1", "1"), "C-1"),
        Contract.address.claim("C-1", "Ring 5"),
        Contract.moved.claim("C-2", value=True),
    ]
    hear(timeline, "misread", {"what": "many"})

    tell = timeline.office.tell
    assert tell(Contract, "C-1", to=desk).address == "Ring 5"
    assert tell(Contract, "C-2", to=desk).moved is True
    assert tell(Parcel, ("C-1", "1"), to=desk).contract == "C-1"


def test_a_message_may_say_nothing(timeline: Timeline) -> None:
    """A reader may find that a message concerns nobody; it is kept all the same."""
    MISREAD["none"] = claims_of()

    assert hear(timeline, "misread", {"what": "none"}).fate is Fate.REPEATED
    assert timeline.office.counts().messages == 1


def test_a_type_that_nobody_reads_is_set_aside(timeline: Timeline) -> None:
    """The reason names the types that are read from that system."""
    why = reason(hear(timeline, "contract.ended", RENEWAL))

    assert isinstance(why, NoReader)
    assert why.what == "Nobody reads 'contract.ended' from 'contracts'."
    assert "as.dict" in why.fix


def test_a_system_that_nobody_declared_is_set_aside(timeline: Timeline) -> None:
    """The reason names the systems that are read; the same id again is known."""
    why = reason(hear(timeline, "as.dict", RENEWAL, source="crm"))
    again = timeline.office.hear(message("crm", "as.dict", RENEWAL, id="m1"))[0]

    assert isinstance(why, NoReader)
    assert "contracts" in why.fix
    assert again.fate is Fate.KNOWN


def test_a_system_that_does_not_answer_a_fact_may_not_claim_it(timeline: Timeline) -> None:
    """It neither decides nor follows it, so that nobody would ever compare what it says."""
    with pytest.raises(ReaderFailed, match="stranger neither decides nor follows Contract.price"):
        timeline.says(stranger, Contract.price, "C-1", Money(Decimal(1), "EUR"))


@pytest.mark.parametrize(
    ("party", "fact", "value"),
    [
        (contracts, Contract.renewed_until, date(2027, 3, 31)),
        (billing, Contract.renewed_until, date(2027, 3, 31)),
        (shop, Contract.note, "x"),
        (courier, Contract.address, "Ring 5"),
        (customers, Contract.may_call, True),
        (shop, Contract.may_call, True),
    ],
    ids=["decides", "follows", "one of the latest", "decides later", "people", "follows people"],
)
def test_who_answers_a_fact_may_claim_it(
    party: Any, fact: Fact[Any], value: object, timeline: Timeline
) -> None:
    """The authority, whom it passes on to, each of the latest, and every follower."""
    assert timeline.says(party, fact, "C-1", value).fate is Fate.HEARD


def test_what_was_set_aside_is_replayed_after_the_reader_was_mended(timeline: Timeline) -> None:
    """It is heard as if it had been read at once: ordered by its first receipt."""
    MISREAD["mended"] = lambda: 1 // 0
    hear(timeline, "misread", {"what": "mended"})
    timeline.says(contracts, Contract.address, "C-1", "Ring 5")
    MISREAD["mended"] = lambda: [Contract.address.claim("C-1", "Gasse 1")]
    (receipt,) = timeline.office.replay()

    assert receipt.fate is Fate.HEARD
    assert timeline.office.asides() == []
    assert timeline.office.tell(Contract, "C-1", to=desk).address == "Ring 5"


def test_what_is_still_wrong_stays_aside_with_its_present_reason(timeline: Timeline) -> None:
    """A replay that fails again says why it fails now."""
    MISREAD["worse"] = lambda: 1 // 0
    hear(timeline, "misread", {"what": "worse"})
    MISREAD["worse"] = claims_of("C-1042")
    (receipt,) = timeline.office.replay()

    assert "not a claim" in reason(receipt).what
    assert ["not a claim" in aside.what for aside in timeline.office.asides()] == [True]


def test_a_system_that_numbers_its_messages_must_go_on_doing_so(timeline: Timeline) -> None:
    """A message without a number could not be ordered among those that have one."""
    timeline.says(contracts, Contract.moved, "C-1", value=True, sequence=5)

    with pytest.raises(NoSequence, match="numbers what it says of 'C-1'"):
        timeline.says(contracts, Contract.moved, "C-1", value=False)
    assert timeline.office.tell(Contract, "C-1", to=desk).moved is True


def test_bytes_that_are_no_message_are_set_aside_beside_messages(timeline: Timeline) -> None:
    """With the reason and the bytes; what is sent with them is heard."""
    torn = b'{"specversion": "1.0", "id": "R-1", "source": "contracts"'
    aside, heard = timeline.office.hear(
        structured(torn), message("contracts", "as.dict", RENEWAL, id="2")
    )

    assert isinstance(reason(aside), NotAMessage)
    assert heard.fate is Fate.HEARD
    assert [kept.raw for kept in timeline.office.asides()] == [torn]
