"""Play the renewal that billing does not know of, to its end: held, corrected, credited, told once.

Billing, a mailbox and the office run as processes of their own; one second is a minute of the story.
What they leave behind is kept in var/telecom/, until the next start.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import shutil
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

import onestory
from onestory import Contradiction, DoneStep, Office, Repaired, RepairState
from telecom.company import acme
from telecom.pace import BEGINS
from telecom.stage import CONTRACT, CUSTOMER, NEW, OLD, Stage

COMPANY: Final = "telecom.company:acme"
COMMAND: Final = "python3 do onestory"
BILL: Final = f"B-2025-03-{CONTRACT}"
LOOK: Final = 0.2  # seconds between two looks at the ledger
PATIENCE: Final = timedelta(hours=2)  # of the story, after which it is given up
BREATH: Final = timedelta(minutes=2)  # of the story, before the renewal
BUSY: Final = ((7.1, 7.6), (7.9, 12.0), (21.9, 22.2))  # minutes of the story in which kills fall


WIDTH = 78
"""Columns of a paragraph, in a terminal that has as many."""


class Watcher:
    """Says what becomes known in the ledger and was not said yet."""

    def __init__(self, stage: Stage, console: Console) -> None:
        self._stage, self._console = stage, console
        self._said: set[tuple[object, ...]] = set()
        self.settled = self.held = False

    def look(self) -> None:
        """Look once."""
        with ledger(self._stage.folder) as office:
            contradictions = office.contradictions(settled=True)
            repairs = office.repairs(states=tuple(RepairState))
            told = office.counts().messages
        lines = [line for c in contradictions for line in _of_contradiction(c)]
        lines += [line for r in repairs for line in _of_repair(r)]
        for line in sorted(lines, key=lambda line: line[0]):
            if line not in self._said:
                self._said.add(line)
                self.say(*line[1:])
        self.held = any(words.startswith(f"billing holds {BILL}") for *_, words in lines)
        over = bool(contradictions) and all(c.settled for c in contradictions)
        over = over and all(r.state is not RepairState.LIVE for r in repairs)
        self.settled = bool(told) and over and bool(self._stage.told())

    def say(self, mark: str, words: str) -> None:
        """One line: the story's time, a mark, what was seen then."""
        at = f"[dim]{self._stage.story_time().astimezone(acme.zone):%H:%M:%S}[/]"
        self._console.print(f"{at}  {mark}  {escape(words)}", highlight=False, soft_wrap=True)


Line = tuple[datetime, str, str]


def _of_contradiction(one: Contradiction) -> list[Line]:
    subject = f"{one.path} of {one.key}"
    opened = f"contradiction: {one.follower} has not followed {subject}"
    lines = [(one.opened, "[red]●[/]", opened)]
    if one.settled is not None:
        lines.append((one.settled, "[green]●[/]", f"settled: {subject}"))
    return lines


def _of_repair(repair: Repaired) -> list[Line]:
    lines: list[Line] = []
    for step in repair.steps:
        if step.at is not None and step.state == "done":
            tries = f" (asked {step.tries} times)" if step.tries > 1 else ""
            lines.append((step.at, "[blue]→[/]", _of_step(step) + tries))
    if repair.state is RepairState.HANDED_OVER and repair.ended is not None:
        words = f"repair {repair.number} is handed over: {repair.reason}"
        lines.append((repair.ended, "[yellow]![/]", words))
    return lines


def _of_step(step: DoneStep) -> str:
    asked: Any = step.asked
    if step.name == "tell":
        _, sent = asked
        return f"{sent['to']} is told by {sent['channel']}, reference {sent['reference']}"
    words = {
        "HoldBills": "billing holds {on}: {because}",
        "ReleaseHold": "billing ends its hold {hold}",
        "SetTerm": "billing is given the term of {contract}: until {until}",
        "SetPrice": "billing is given the price of {contract}: {price} a month",
        "LookAt": "billing shows {bill}: {answered[owed]} are owed on it; {because}",
        "Credit": "billing credits {amount} on {bill}: note {answered}",
    }
    return words.get(step.name, step.name).format(**asked, answered=step.answered)


def ledger(folder: Path) -> Office:
    """The office's ledger, to be looked at while the office works."""
    return onestory.open(acme, f"sqlite:///{folder / 'acme.db'}?mode=ro")


def play(stage: Stage, console: Console, kills: list[datetime]) -> bool:
    """Play the story; whether it came to its end."""
    stage.before_the_story()
    office = stage.open_office()
    watcher, signed, collected = Watcher(stage, console), False, False
    while not watcher.settled and (now := stage.story_time()) < BEGINS + PATIENCE:
        if not signed and now >= BEGINS + BREATH:
            signed = True
            words = (
                f"contracts renews {CONTRACT} until {NEW['until']}, and from {NEW['since']} on at "
            )
            watcher.say("[bold]✎[/]", f"{words}{NEW['price']} a month; it was {OLD['price']}")
            stage.renew()
            words = "billing, in its nightly run, says that it took that, and forgets it"
            watcher.say("[bold]✎[/]", words)
        if kills and now >= kills[0]:
            kills.pop(0)
            office = _killed(stage, office)
            watcher.say("[yellow]✝[/]", "kill -9: the office is dead, and is started again")
        watcher.look()
        if watcher.held and not collected:
            collected = True
            got = stage.ask("collections")
            words = ", ".join(f"{amount} EUR on {bill}" for bill, amount in got.items())
            watcher.say("[bold]✎[/]", f"billing collects: {words}; what is held is left")
        time.sleep(LOOK)
    office.terminate()
    office.wait()
    return watcher.settled


def _killed(stage: Stage, office: Popen[str]) -> Popen[str]:
    office.kill()
    office.wait()
    return stage.open_office()


def show(stage: Stage, console: Console) -> None:
    """Show where the story came to, in billing's own database, in the books and in the mailbox."""
    ((until, price),) = stage.in_billing(
        f"select until, price from contract where contract = '{CONTRACT}'"  # noqa: S608 - our own key
    )
    notes = stage.in_billing("select note, bill, amount from credit")
    holds = stage.in_billing("select hold from hold where released = 0")
    with ledger(stage.folder) as office:
        books = {name: " ".join(map(str, money)) for name, money in office.balances().items()}
        contradictions = office.contradictions()
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_row("billing bills", f"{CONTRACT} until {until}, at {price} a month")
    table.add_row("credit notes", ", ".join(f"{n}: {a} EUR on {b}" for n, b, a in notes))
    table.add_row("holds", ", ".join(hold for (hold,) in holds) or "none is left")
    collected = stage.ask("collections").items()
    table.add_row("then collected", ", ".join(f"{sum_} EUR on {bill}" for bill, sum_ in collected))
    table.add_row("the books", ", ".join(f"{name}: {sum_}" for name, sum_ in books.items()))
    table.add_row("contradictions", f"{len(contradictions)} open")
    console.print(table)
    width = min(console.width, WIDTH)
    for message in stage.told():
        text = f"{message['Subject']}\n\n{message.get_content().strip()}"
        console.print(Panel(escape(text), title=f"mail to {message['To']}", width=width))


def next_commands(folder: Path, reference: str) -> list[str]:
    """Commands to try next; each works as it stands."""
    at = ["--db", str(folder / "acme.db")]
    asked = [
        ["story", COMPANY, "Bill", BILL, "--timeline", *at],
        ["repairs", COMPANY, "--all", *at],
        ["books", COMPANY, "--record", CUSTOMER, *at],
        ["confirm", COMPANY, reference, *at],
    ]
    return [f"{COMMAND} {shlex.join(words)}" for words in asked]


def main(words: list[str]) -> int:
    """Play it, show it, name what to try next; the exit code."""
    asked = _arguments(words)
    folder: Path = asked.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    console = Console(width=100 if piped else None)
    console.print(
        "Contracts decides what is signed; billing has five minutes to follow. The customer hears of a "
        "wrong bill once, when it is right, and not before eight. One second is "
        f"{asked.pace:.0f} of the story's.\n",
        width=min(console.width, WIDTH),
    )
    draw = random.Random(asked.seed)  # noqa: S311 - nothing secret rests on it
    kills = sorted(
        BEGINS + timedelta(minutes=draw.uniform(*BUSY[kill % len(BUSY)]))
        for kill in range(asked.kill)
    )
    try:
        with Stage(folder, pace=asked.pace, faults=asked.faults, seed=asked.seed) as stage:
            over = play(stage, console, kills)
            console.print()
            show(stage, console)
            told = stage.told()
    except onestory.OnestoryError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        "\nFour commands to try next, and the same story with an office that is killed three times:\n"
    )
    for command in next_commands(folder, str(told[0]["X-Reference"]) if told else ""):
        print(f"  {command}")
    print("  python3 do run telecom --kill 3")
    return 0 if over else 1


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 do run telecom", description=__doc__)
    parser.add_argument(
        "--pace", type=float, default=60.0, help="how many times as fast as ours the story goes; 60"
    )
    parser.add_argument(
        "--faults", type=float, default=0.4, help="the share of requests billing answers badly; 0.4"
    )
    parser.add_argument(
        "--kill", type=int, default=0, metavar="N", help="kill -9 the office N times meanwhile"
    )
    parser.add_argument("--seed", type=int, default=7, help="what faults and kills are drawn from")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/telecom"), help="where all is kept; var/telecom"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
