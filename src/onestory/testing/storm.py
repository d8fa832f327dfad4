"""The simulator's command line: storms by their seeds, sweeps of every crash point, planted defects.

python3 do storm --seeds 300          # what a commit must withstand
python3 do storm --seed 4711          # one storm again, with all that happened in it
python3 do storm --sweep              # the office dies at every point of some scenarios
python3 do storm --mutants            # every planted defect, and the seed that found it
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from .mutants import MUTANTS
from .simulation import Storm
from .watch import Violation
from .weather import HOUR

SCENARIOS = tuple(range(100, 116))
"""The seeds whose storms are swept."""

SWEPT = (
    3 * HOUR
)  # How long a storm lasts that is swept: a few contradictions and their repairs, some 200 points.


class Failed(NamedTuple):
    """A storm that broke a promise: its seed, the point it was struck at, what was broken, what led to it."""

    seed: int
    strike_at: int | None
    what: str
    events: tuple[str, ...]


class Outcome(NamedTuple):
    """What came of one storm."""

    failed: Failed | None
    struck: Counter[str]
    days: float
    digest: str
    points: int


class Found(NamedTuple):
    """What came of one planted defect: how many storms it took, and what they saw; or that none did."""

    name: str
    storms: int
    seconds: float
    what: str | None


def rage(
    seed: int,
    *,
    strike_at: int | None = None,
    length: int | None = None,
    address: str | None = None,
) -> Outcome:
    """Run one storm; what came of it. An error of the kernel's own breaks a promise, too."""
    more = {} if length is None else {"length": length}
    storm = Storm(seed, strike_at=strike_at, address=address, **more)
    failed = None
    try:
        storm.run()
    except Violation as violation:
        failed = Failed(seed, strike_at, str(violation), tuple(storm.events))
    except Exception as error:  # noqa: BLE001 - whatever escapes the kernel is what storms look for
        what = f"{type(error).__name__}: {error}"
        failed = Failed(seed, strike_at, what, tuple(storm.events))
    weather = storm.weather
    return Outcome(failed, weather.struck, storm.days, storm.digest, weather.points)


def sweep(seed: int, *, length: int = SWEPT) -> tuple[int, list[Failed]]:
    """Let the office die once at each point of a scenario; how many points, and where it failed."""
    first = rage(seed, strike_at=-1, length=length)
    failed = [first.failed] if first.failed else []
    for point in range(1, first.points + 1):
        outcome = rage(seed, strike_at=point, length=length)
        failed += [outcome.failed] if outcome.failed else []
    return first.points, failed


def hunt(name: str, seeds: Iterable[int]) -> Found:
    """Plant a defect and look for it, storm after storm."""
    began, storms = time.process_time(), 0
    for seed in seeds:
        storms += 1
        with MUTANTS[name]():
            failed = rage(seed).failed
        if failed is not None:
            return Found(name, storms, time.process_time() - began, f"seed {seed}: {failed.what}")
    return Found(name, storms, time.process_time() - began, None)


Seeds = Annotated[int, typer.Option(help="How many storms; for --mutants, at most so many each.")]
First = Annotated[int | None, typer.Option("--seed", help="Only this storm, with its events.")]
From = Annotated[int, typer.Option("--from", help="The seed of the first storm.")]
Sweep = Annotated[bool, typer.Option("--sweep", help="Die at every point of some scenarios.")]
At = Annotated[
    int | None, typer.Option("--at", help="With --seed: the point of a sweep to die at.")
]
Mutants = Annotated[bool, typer.Option("--mutants", help="Plant every defect and look for it.")]
Only = Annotated[str, typer.Option("--only", help="With --mutants: those whose name holds this.")]


def main(
    *,
    seeds: Seeds = 300,
    seed: First = None,
    first: From = 0,
    sweeps: Sweep = False,
    at: At = None,
    mutants: Mutants = False,
    only: Only = "",
) -> None:
    """Run storms: a company's day under faults, then half a quiet day, then what must be so."""
    console = Console(width=150)
    if mutants:
        holds = _hunt_all(console, range(first, first + seeds), only)
    elif sweeps:
        holds = _sweep_all(console, SCENARIOS if seed is None else (seed,))
    elif seed is not None:
        length = None if at is None else SWEPT
        outcome = rage(seed, strike_at=at, length=length)
        holds = outcome.failed is None
        console.print(f"seed {seed}: {'every promise holds' if holds else 'a promise is broken'}")
        console.print(f"ledger {outcome.digest}")
        _show(console, [outcome.failed] if outcome.failed else [])
    else:
        holds = _rage_all(console, range(first, first + seeds))
    raise typer.Exit(0 if holds else 1)


def _rage_all(console: Console, seeds: range) -> bool:
    struck: Counter[str] = Counter()
    failed: list[Failed] = []
    days, began = 0.0, time.process_time()
    for seed in seeds:
        outcome = rage(seed)
        struck += outcome.struck
        days += outcome.days
        failed += [outcome.failed] if outcome.failed else []
    took = time.process_time() - began
    _show(console, failed)
    table = Table("storms", f"{seeds.start} to {seeds.stop - 1}", title="Storms")
    table.add_row("violations", str(len(failed)))
    table.add_row("simulated days", f"{days:,.0f}")
    table.add_row("storms per CPU-second", f"{len(seeds) / took:.1f}")
    table.add_section()
    for fault, count in sorted(struck.items()):
        table.add_row(fault, f"{count:,}")
    console.print(table)
    return not failed


def _sweep_all(console: Console, seeds: Iterable[int]) -> bool:
    table = Table("scenario", "points", "violations", "CPU-seconds", title="Death at every point")
    all_failed: list[Failed] = []
    for seed in seeds:
        began = time.process_time()
        points, failed = sweep(seed)
        all_failed += failed
        took = f"{time.process_time() - began:.1f}"
        table.add_row(f"seed {seed}", str(points), str(len(failed)), took)
    _show(console, all_failed)
    console.print(table)
    return not all_failed


def _hunt_all(console: Console, seeds: range, only: str) -> bool:
    table = Table("planted defect", "storms", "CPU-seconds", "found by", title="Planted defects")
    missed = 0
    names = [name for name in MUTANTS if only in name]
    for name in names:
        found = hunt(name, seeds)
        missed += found.what is None
        what = (found.what or "not found").replace("[", "(")
        table.add_row(name, str(found.storms), f"{found.seconds:.1f}", what[:76])
    console.print(table)
    console.print(f"{len(names)} planted, {missed} not found")
    return not missed


def _show(console: Console, failed: list[Failed]) -> None:
    def write(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    for one in failed[:5]:
        again = f"python3 do storm --seed {one.seed}"
        again += "" if one.strike_at is None else f" --at {one.strike_at}"
        write(f"\nseed {one.seed}: {one.what}\nagain: {again}\n")
        for event in one.events[-40:]:
            write(f"  {event[:140]}")
    if len(failed) > len(failed[:5]):
        write(f"\nand {len(failed) - 5} more: {', '.join(str(f.seed) for f in failed[5:])}")


if __name__ == "__main__":
    typer.run(main)
