"""Set aside: a link that changes costs only the messages it concerns, and those only until the fix.

A source adds, renames or retypes a field; a reader fails; a system speaks that nobody declared. What
cannot be heard is set aside with its reason, the rest flows, and after the fix it is heard in its
old place.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

import pytest

import onestory
from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Fate,
    Key,
    Message,
    Office,
    RowFile,
    System,
    load,
    message,
    reads,
)
from onestory.clock import HandClock
from onestory.intake import structured
from onestory.ledger import Aside, Ref
from onestory.testing import NINE

from .acme import address

Read = Callable[[Any], dict[str, Any]]
"""What one company.py does with a payload: the claims it makes, by fact; ``no`` is the contract."""


class Renewal(TypedDict):
    """What contracts send, as it was agreed."""

    contract: str
    until: str


class Renamed(TypedDict):
    """The same after the source renamed a field."""

    contract_no: str
    until: str


def as_agreed(sent: Renewal) -> dict[str, Any]:
    """Read what was agreed on."""
    return {"no": sent["contract"], "until": sent["until"]}


def as_renamed(sent: Renamed) -> dict[str, Any]:
    """Read what the source sends now."""
    return {"no": sent["contract_no"], "until": sent["until"]}


def made(read: Read | None = as_agreed) -> Company:
    """The company as one version of its company.py declares it, which reads so, or not at all."""
    company = Company("Acme")
    contracts = System("contracts", of=company)
    billing = System("billing", of=company)
    Channel("desk", of=company)

    class Contract(Entity, of=company):
        """One subscription."""

        contract_no: Key[str]
        until: Fact[str] = contracts.decides(billing.follows(within="5 min"))
        seats: Fact[int] = contracts.decides()

    if read is not None:
        chosen = read

        def renewed(sent: Any) -> Claims:
            said = chosen(sent)
            for name, fact in Contract.__declared__.facts.items():
                if name in said:
                    yield fact.claim(said["no"], said[name])

        renewed.__annotations__["sent"] = read.__annotations__["sent"]
        for system in (contracts, billing):
            reads(system, "renewed")(renewed)
    return company


class Acme:
    """An office whose company.py can be exchanged between two days, on one clock and ledger."""

    def __init__(self, file: Path) -> None:
        self._file, self._clock = file, HandClock(NINE)
        self.office = self.start(made())

    def start(self, company: Company) -> Office:
        """Open the ledger with another version of company.py."""
        if hasattr(self, "office"):
            self.office.close()
        self._clock.move(timedelta(minutes=1))
        self.office = onestory.open(company, address(self._file), clock=self._clock)
        return self.office

    def fates(self, *messages: Message) -> list[Fate]:
        """Hear messages; what became of each."""
        self._clock.move(timedelta(seconds=1))
        return [receipt.fate for receipt in self.office.hear(*messages)]

    def replayed(self) -> list[Fate]:
        """Read again what was set aside; what became of each."""
        return [receipt.fate for receipt in self.office.replay()]

    def until(self, contract: str = "C-1") -> object:
        """What the desk tells of a contract."""
        (desk,) = self.office.company.declared(Channel)
        entities = self.office.company.declared(onestory.model.DeclaredEntity)
        kind: Any = next(entity.kind for entity in entities if entity.name == "Contract")
        return self.office.tell(kind, contract, to=desk).until

    def said_by(self, party: str) -> object:
        """What a party says of the contract now, in the dossier."""
        with self.office.ledger.view() as view:
            found = view.find(Ref("Contract", "", "C-1"))
            said = found and found.dossier.speaker(party)
            return said and said.values["until"]

    def asides(self) -> list[Aside]:
        """What is set aside."""
        with self.office.ledger.view() as view:
            return view.asides()

    def holds(self) -> bool:
        """Whether the ledger verifies, dossiers and all."""
        return self.office.verify(dossiers=True) == []


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    """An office on a fresh ledger."""
    return Acme(tmp_path / "acme.db")


def renewed(until: str, id: str, /, **data: Any) -> Message:
    """What contracts send; ``data`` takes the place of what was agreed, and None leaves it out."""
    payload = {"contract": "C-1", "until": until} | data
    return message(
        "contracts", "renewed", {k: v for k, v in payload.items() if v is not None}, id=id
    )


def fails(sent: Renewal) -> dict[str, Any]:
    """A reader with a mistake in it."""
    raise ZeroDivisionError(sent["until"])


def retyped(sent: Renewal) -> dict[str, Any]:
    """A reader that claims a number where the fact holds a text."""
    return {"no": sent["contract"], "until": 2027}


WRONG: dict[str, tuple[Read | None, Message, str, str]] = {
    "a renamed field": (
        as_agreed,
        renewed("x", "wrong", contract=None, contract_no="C-1"),
        "value-misfit",
        "missing required field `contract`",
    ),
    "a retyped field": (
        as_agreed,
        renewed("x", "wrong", until={"year": 2027}),
        "value-misfit",
        "Expected `str`, got `object` - at `$.until`",
    ),
    "a field that is empty now": (
        as_agreed,
        message("contracts", "renewed", {"contract": "C-1", "until": None}, id="wrong"),
        "value-misfit",
        "Expected `str`, got `null` - at `$.until`",
    ),
    "a type of message that nobody reads": (
        as_agreed,
        message("contracts", "cancelled", {"contract": "C-1"}, id="wrong"),
        "no-reader",
        "Nobody reads 'cancelled' from 'contracts'",
    ),
    "a system that nobody declared": (
        as_agreed,
        message("till", "renewed", {"contract": "C-1", "until": "x"}, id="wrong"),
        "no-reader",
        "Nobody reads 'renewed' from 'till'",
    ),
    "a reader that fails": (fails, renewed("x", "wrong"), "reader-failed", "ZeroDivisionError: x"),
    "a value that does not fit": (
        retyped,
        renewed("x", "wrong"),
        "value-misfit",
        "Contract.until holds str. 2027 (int) is not a text",
    ),
    "no reader at all": (None, renewed("x", "wrong"), "no-reader", "Nobody reads 'renewed'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_heard_is_set_aside_with_its_reason(name: str, acme: Acme) -> None:
    """S14: the reason says what is wrong, where the message came from, and what to do."""
    read, wrong, code, what = WRONG[name]
    acme.start(made(read))
    assert acme.fates(wrong) == [Fate.ASIDE]

    (aside,) = acme.asides()
    assert (aside.id, aside.source, aside.code) == ("wrong", wrong.source, code)
    assert what in aside.what
    assert "wrong" in aside.place
    assert aside.fix
    assert aside.raw == wrong.raw
    assert acme.holds()


def test_the_rest_of_the_batch_flows(acme: Acme) -> None:
    """S14: of four messages in one commit, two are heard, before and after those that cannot be."""
    fates = acme.fates(
        renewed("spring", "1"),
        renewed("x", "2", contract=None),
        message("contracts", "cancelled", None, id="3"),
        renewed("summer", "4"),
    )

    assert fates == [Fate.HEARD, Fate.ASIDE, Fate.ASIDE, Fate.HEARD]
    assert acme.until() == "summer"
    assert [aside.id for aside in acme.asides()] == ["2", "3"]
    assert acme.holds()


def test_a_field_that_is_added_is_passed_over(acme: Acme) -> None:
    """S14: what nobody asked for hurts nobody."""
    assert acme.fates(renewed("spring", "1", colour="red")) == [Fate.HEARD]


def test_a_renamed_field_is_heard_after_the_fix(acme: Acme) -> None:
    """S14: nothing is lost, nothing is misread: the replay says what the source said."""
    acme.fates(renewed("spring", "1"))
    acme.fates(renewed("summer", "2", contract=None, contract_no="C-1"))
    assert acme.replayed() == [Fate.ASIDE]
    assert acme.until() == "spring"

    acme.start(made(as_renamed))

    assert acme.replayed() == [Fate.HEARD]
    assert acme.until() == "summer"
    assert acme.asides() == []
    assert acme.replayed() == []
    assert acme.holds()


def test_a_replay_does_not_put_old_words_over_newer_ones(acme: Acme) -> None:
    """What was set aside first was said first: a word heard since then stands."""
    acme.fates(renewed("summer", "1", contract=None, contract_no="C-1"))
    acme.fates(renewed("autumn", "2"))
    acme.start(made(as_renamed))

    assert acme.replayed() == [Fate.HEARD]

    assert acme.until() == "autumn"
    assert acme.holds()


def test_what_was_set_aside_keeps_its_order_among_itself(acme: Acme) -> None:
    """Three were set aside: the last of them is what is said after the replay."""
    words = ["spring", "summer", "autumn"]
    for word in words:
        acme.fates(renewed(word, word, contract=None, contract_no="C-1"))
    acme.start(made(as_renamed))

    assert acme.replayed() == [Fate.HEARD] * 3
    assert acme.until() == "autumn"
    assert acme.holds()


def test_more_than_a_page_of_asides_is_replayed(acme: Acme) -> None:
    """A night's messages, of which some stay aside: every one is read again, each once."""
    night = [
        renewed(f"day {n}", f"{n}", contract=None, contract_no=f"C-{n % 7}" if n % 100 else "")
        for n in range(1_234)
    ]
    assert set(acme.fates(*night)) == {Fate.ASIDE}
    acme.start(made(as_renamed))

    fates = acme.replayed()

    assert (fates.count(Fate.HEARD), fates.count(Fate.ASIDE)) == (1_221, 13)
    assert [acme.until(f"C-{n}") for n in range(7)] == [
        f"day {max(n for n in range(1_234) if n % 7 == k and n % 100)}" for k in range(7)
    ]
    assert len(acme.asides()) == 13
    assert acme.holds()


def test_a_replayed_message_is_known_when_it_is_sent_again(acme: Acme) -> None:
    """The source's own retry, after our replay, adds nothing."""
    lost = renewed("summer", "1", contract=None, contract_no="C-1")
    acme.fates(lost)
    acme.start(made(as_renamed))
    acme.replayed()
    acme.fates(renewed("autumn", "2", contract=None, contract_no="C-1"))

    assert acme.fates(lost) == [Fate.KNOWN]
    assert acme.until() == "autumn"


def test_a_message_that_its_source_corrects_is_heard(acme: Acme) -> None:
    """Sent again under its id with other bytes, it takes the place of what was set aside."""
    assert acme.fates(renewed("spring", "1", contract=None)) == [Fate.ASIDE]
    acme.fates(renewed("summer", "2"))

    assert acme.fates(renewed("spring", "1")) == [Fate.HEARD]
    assert acme.until() == "summer"
    assert acme.asides() == []
    assert acme.fates(renewed("spring", "1"), renewed("x", "1")) == [Fate.KNOWN] * 2
    assert acme.replayed() == []
    assert acme.holds()


def test_a_correction_that_cannot_be_heard_either_takes_its_place_aside(acme: Acme) -> None:
    """It keeps the place in the order, too: it is ordered by its first receipt."""
    wrong = renewed("spring", "1", contract=None)
    other = renewed("autumn", "1", contract=None, contract_no="C-1")
    acme.fates(wrong, renewed("summer", "2"))
    assert acme.fates(other, other) == [Fate.ASIDE, Fate.KNOWN]

    (aside,) = acme.asides()
    assert (aside.raw, aside.first) == (other.raw, 1)
    assert acme.holds()
    acme.start(made(as_renamed))
    assert acme.replayed() == [Fate.HEARD]
    assert acme.until() == "summer"
    assert acme.holds()


def test_a_message_and_its_correction_may_come_together(acme: Acme) -> None:
    """As if one by one: the first is set aside, the second heard, and the third known."""
    wrong, right = renewed("spring", "1", contract=None), renewed("spring", "1")

    assert acme.fates(wrong, right, right) == [Fate.ASIDE, Fate.HEARD, Fate.KNOWN]
    assert acme.until() == "spring"
    assert acme.asides() == []
    assert acme.holds()


def test_what_is_no_message_may_be_corrected(acme: Acme) -> None:
    """Bytes of a known source and id that could not be read are sent again as a message."""
    right = renewed("spring", "1")
    torn = right.raw.replace(b'"1.0"', b'"0.3"')
    (unreadable,) = acme.office.hear(structured(torn))
    assert unreadable.fate is Fate.ASIDE

    assert acme.fates(right) == [Fate.HEARD]
    assert acme.holds()


def test_a_correction_from_a_system_that_is_not_declared_waits(acme: Acme) -> None:
    """The newer bytes are what is heard once it is."""
    early = message("billing 2", "renewed", {"contract": "C-1", "until": "spring"}, id="1")
    right = message("billing 2", "renewed", {"contract": "C-1", "until": "summer"}, id="1")
    assert acme.fates(early, right, right) == [Fate.ASIDE, Fate.ASIDE, Fate.KNOWN]
    acme.start(with_second_billing())

    assert acme.replayed() == [Fate.HEARD]
    assert acme.said_by("billing 2") == "summer"
    assert acme.fates(right) == [Fate.KNOWN]
    assert acme.holds()


def with_second_billing() -> Company:
    """The company after it declared the system that spoke before it was known."""
    company = Company("Acme")
    contracts = System("contracts", of=company)
    billing = System("billing", of=company)
    second = System("billing 2", of=company)
    Channel("desk", of=company)

    class Contract(Entity, of=company):
        """One subscription."""

        contract_no: Key[str]
        until: Fact[str] = contracts.decides(
            billing.follows(within="5 min"), second.follows(within="5 min")
        )
        seats: Fact[int] = contracts.decides()

    for system in (contracts, billing, second):

        @reads(system, "renewed")
        def renewed(sent: Renewal) -> Claims:
            """Until when a contract runs."""
            yield Contract.until.claim(sent["contract"], sent["until"])

    return company


def test_a_system_is_declared_after_it_spoke(acme: Acme) -> None:
    """What it said before is heard; its own retry of the same message adds nothing, ever."""
    early = message("billing 2", "renewed", {"contract": "C-1", "until": "spring"}, id="1")
    assert acme.fates(early, early) == [Fate.ASIDE, Fate.KNOWN]
    acme.start(with_second_billing())

    assert acme.replayed() == [Fate.HEARD]
    assert acme.said_by("billing 2") == "spring"

    later = message("billing 2", "renewed", {"contract": "C-1", "until": "summer"}, id="2")
    assert acme.fates(later, early) == [Fate.HEARD, Fate.KNOWN]
    assert acme.said_by("billing 2") == "summer"
    assert acme.holds()


def test_a_retry_may_come_before_the_replay(acme: Acme) -> None:
    """The source sends it again once it is declared; the replay then finds it heard."""
    early = message("billing 2", "renewed", {"contract": "C-1", "until": "spring"}, id="1")
    acme.fates(early)
    acme.start(with_second_billing())
    assert acme.fates(early) in ([Fate.HEARD], [Fate.KNOWN])
    later = message("billing 2", "renewed", {"contract": "C-1", "until": "summer"}, id="2")
    acme.fates(later)

    acme.replayed()

    assert acme.asides() == []
    assert acme.said_by("billing 2") == "summer"
    assert acme.fates(early, later) == [Fate.KNOWN] * 2
    assert acme.holds()


def test_a_message_keeps_its_own_number_when_it_is_replayed(acme: Acme) -> None:
    """A numbered message is ordered by its number, not by when it could be read."""

    def numbered(until: str, sequence: int, **data: str | None) -> Message:
        sent = renewed(until, f"{sequence}", **data)
        return message("contracts", "renewed", sent.data, id=sent.id, sequence=sequence)

    new = {"contract": None, "contract_no": "C-1"}
    acme.fates(numbered("spring", 1), numbered("autumn", 3, **new), numbered("summer", 2))
    assert acme.until() == "summer"
    acme.start(made(as_renamed))

    assert acme.replayed() == [Fate.HEARD]
    assert acme.until() == "autumn"
    assert acme.holds()


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_row_keeps_its_own_number_when_it_is_replayed(
    kind: str, acme: Acme, tmp_path: Path
) -> None:
    """A row of a file is replayed as it stood there: with its version, texts for numbers and all."""
    rows = [("C-1", "spring", 1), ("C-1", "autumn", 3), ("C-1", "summer", 2)]
    file = tmp_path / f"rows.{kind}"
    file.write_text(
        "contract,until,version\n" + "".join(f"{c},{u},{v}\n" for c, u, v in rows)
        if kind == "csv"
        else "".join(f'{{"contract":"{c}","until":"{u}","version":{v}}}\n' for c, u, v in rows)
    )
    acme.start(made(fails))
    source = RowFile(file, system="contracts", type="renewed", sequence="version")
    assert load(acme.office, source.messages()).fates == {Fate.ASIDE: 3}

    acme.start(made())

    assert sorted(fate.value for fate in acme.replayed()) == ["heard"] * 3
    assert acme.until() == "autumn"
    assert acme.holds()


def test_bytes_that_are_no_message_stay_aside(acme: Acme) -> None:
    """No fix of ours can read them; they are kept as they came, and listed until somebody acts."""
    acme.office.hear(structured(b"\x00 nothing \xff"), structured(b'{"specversion": "0.3"}'))

    assert acme.replayed() == [Fate.ASIDE] * 2
    assert [aside.raw for aside in acme.asides()] == [
        b"\x00 nothing \xff",
        b'{"specversion": "0.3"}',
    ]
    assert [aside.code for aside in acme.asides()] == ["not-a-message"] * 2


def test_a_reason_may_change_while_it_stays_aside(acme: Acme) -> None:
    """The first fix was not enough: the reason is that of the last reading."""
    acme.start(made(None))
    acme.fates(renewed("x", "1", contract=None))
    acme.start(made())
    acme.replayed()

    (aside,) = acme.asides()
    assert aside.code == "value-misfit"
    assert acme.holds()
