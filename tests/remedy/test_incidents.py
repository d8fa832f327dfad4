"""Many contradictions at once: one incident, one action, and the rest at a declared pace."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from onestory import (
    Ability,
    Company,
    Entity,
    Fact,
    Key,
    Repair,
    RepairState,
    System,
    does,
    remedies,
    remedies_incidents,
)
from onestory.testing import Timeline


class Resend(Ability[None], frozen=True):
    """Send everything again."""


class Write(Ability[None], frozen=True):
    """Write one value."""

    contract: str
    plan: str


def many(
    timeline: Timeline, contracts: System, billing: System, plan: Fact[str], count: int
) -> None:
    """So many contracts change their plan, and billing misses all of them."""
    for value in ("small", "large"):
        words = [timeline.word(contracts, plan, f"C-{n}", value) for n in range(count)]
        if value == "small":
            words += [timeline.word(billing, plan, f"C-{n}", value) for n in range(count)]
        timeline.office.hear(*words)
        timeline.wait("1 s")
    timeline.wait("5 min")
    timeline.says(billing, plan, "alive", "small")
    timeline.wait("1 s")


def all_again(done: Counter[str]) -> tuple[Company, System, System, Fact[str]]:
    """A company whose billing can be asked to send everything again, or to write one plan."""
    company = Company("Acme")
    contracts, billing = System("contracts", of=company), System("billing", of=company)

    class Contract(Entity, of=company):
        """A contract."""

        number: Key[str]
        plan: Fact[str] = contracts.decides(billing.follows(within="5 min"))

    @does(billing, Resend)
    def resend(request: Resend, key: str) -> None:
        done["resend"] += 1

    @does(billing, Write)
    def write(request: Write, key: str) -> None:
        done["write"] += 1

    @remedies(billing, Contract.plan)
    def write_it(repair: Repair[str]) -> None:
        """Write the plan."""
        repair.do(billing, Write(repair.key, repair.decided))
        repair.until_agreed(within="10 min")

    @remedies_incidents(billing)
    def send_all(repair: Repair[None]) -> None:
        """Let billing send all again."""
        repair.do(billing, Resend())
        repair.until_agreed(within="10 min")

    return company, contracts, billing, Contract.plan


def two_a_second(written: list[str]) -> tuple[Company, System, System, Fact[str]]:
    """A company whose billing takes two repairs a second, each of which waits a day for its word."""
    company = Company("Acme")
    contracts = System("contracts", of=company)
    billing = System("billing", of=company, repairs_per_second=2)

    class Contract(Entity, of=company):
        """A contract."""

        number: Key[str]
        plan: Fact[str] = contracts.decides(billing.follows(within="5 min"))

    @does(billing, Write)
    def write(request: Write, key: str) -> None:
        written.append(request.contract)

    @remedies(billing, Contract.plan)
    def write_it(repair: Repair[str]) -> None:
        """Write the plan."""
        repair.do(billing, Write(repair.key, repair.decided))
        repair.until_agreed(within="1 d")

    return company, contracts, billing, Contract.plan


def test_five_thousand_contradictions_of_one_link_are_one_incident_and_one_action() -> None:
    """A nightly run missed 5,000 changes: billing is asked once to send all again, and nothing else."""
    done: Counter[str] = Counter()
    company, contracts, billing, plan = all_again(done)
    with Timeline(company) as timeline:
        for name in ("billing", "billing/Contract.plan"):
            timeline.office.arm(name, by="the test")
        many(timeline, contracts, billing, plan, 5_000)
        (incident,) = timeline.office.incidents()
        assert (incident.authority, incident.follower) == ("contracts", "billing")
        assert incident.members == 5_000
        timeline.office.remedy()
        assert done == {"resend": 1}
        timeline.wait("1 min")
        words = [timeline.word(billing, plan, f"C-{n}", "large") for n in range(4_990)]
        timeline.office.hear(*words)
        timeline.office.remedy()
        assert done == {"resend": 1}
        for _ in range(120):
            timeline.wait("1 min")
            timeline.office.remedy()
        assert done["resend"] == 5
        assert done["write"] == 50
        states = Counter(
            (r.remedy, r.state)
            for page in (0, 2_000, 4_000)
            for r in timeline.office.repairs(states=tuple(RepairState), after=page, limit=2_000)
        )
        assert states["billing/Contract.plan", RepairState.SETTLED] == 4_990


def test_repairs_are_begun_at_the_rate_that_the_system_takes() -> None:
    """Billing takes two repairs a second: sixty contradictions are worked off in thirty seconds."""
    written: list[str] = []
    company, contracts, billing, plan = two_a_second(written)
    with Timeline(company) as timeline:
        timeline.office.arm("billing/Contract.plan", by="the test")
        many(timeline, contracts, billing, plan, 60)
        counts = []
        for _ in range(30):
            timeline.office.remedy()
            counts.append(len(written))
            timeline.wait("1 s")
        timeline.office.remedy()
        assert max(later - one for one, later in pairwise(counts)) <= 3
        assert len(written) == 60


def test_a_repair_that_waits_for_a_day_holds_no_other_up() -> None:
    """It had its turn: another contract's, five minutes later, is begun at once."""
    written: list[str] = []
    company, contracts, billing, plan = two_a_second(written)
    with Timeline(company) as timeline:
        timeline.office.arm("billing/Contract.plan", by="the test")
        for key in ("C-1", "C-2"):
            timeline.says(contracts, plan, key, "small")
            timeline.says(billing, plan, key, "small")
        for key in ("C-1", "C-2"):
            timeline.says(contracts, plan, key, "large")
            timeline.wait("5 min")
            timeline.says(billing, plan, "alive", "small")
            timeline.wait("1 s")
            timeline.office.remedy()
        assert written == ["C-1", "C-2"]


def test_fewer_contradictions_than_an_incident_has_are_remedied_one_by_one() -> None:
    """Three are late: billing is not asked to send all again, and what it follows in is settled."""
    done: Counter[str] = Counter()
    company, contracts, billing, plan = all_again(done)
    with Timeline(company) as timeline:
        for name in ("billing", "billing/Contract.plan"):
            timeline.office.arm(name, by="the test")
        many(timeline, contracts, billing, plan, 3)
        timeline.says(billing, plan, "C-0", "large")
        timeline.office.remedy()

        assert done == {"write": 2}
        assert len(timeline.open_contradictions()) == 2
