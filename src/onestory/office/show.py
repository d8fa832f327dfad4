"""Pages for people: what was asked on the command line, on a terminal or in a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.text import Text

from ..ledger import Aside, Copied, Finding
from ..model import Change, Money
from ..story import form_text, step_text
from .hearing import Fate, Receipt
from .loading import Loaded
from .pulled import Pulled, PullState
from .repaired import Confirmed, Repaired, RepairState, spelled_state
from .show_story import Stories
from .words import many

_FATES = {
    Fate.HEARD: "said something new",
    Fate.REPEATED: "said again what was known",
    Fate.KNOWN: "known before, by id",
    Fate.ASIDE: "set aside: could not be heard",
}
_UNDER_WAY = {RepairState.LIVE.value: "under way"}
_PULL_STYLES = {
    PullState.NEVER: "dim",
    PullState.COLUMNS_CHANGED: "yellow",
    PullState.SLOW: "yellow",
    PullState.DOWN: "bold red",
}
_SIGNS = {"+": "green", "-": "red", "~": "yellow", "!": "bold red"}


class Pages(Stories):
    """Writes each answer as a page that reads well at 80 columns.

    Args:
        zone: The zone that times are shown in.
    """

    def loaded(self, loaded: Loaded, contradictions: int) -> None:
        """What became of the messages of some files."""
        paper = self._paper
        self._fates(loaded.fates)
        for count, receipt in loaded.reasons.values():
            if receipt.reason is not None:
                paper.gap()
                paper.write(f"Set aside, {many(count, 'message')} like this one:")
                paper.write(str(receipt.reason), indent=2)
        paper.note(
            f"{many(contradictions, 'contradiction')} open; `onestory contradictions` lists them."
            if contradictions
            else "Nothing is contradicted."
        )

    def asides(self, counts: Mapping[str, int], rows: Sequence[Aside], after: int | None) -> None:
        """Messages that are set aside, each with its reason."""
        paper = self._paper
        total = sum(counts.values())
        paper.title(f"{many(total, 'message')} set aside" if total else "Nothing is set aside.")
        totals = paper.table(">", "")
        for code, count in counts.items():
            totals.add_row(f"{count:,}", code)
        paper.lay(totals)
        table = paper.table(">number", "message, reason, and what to do")
        for aside in rows:
            name = f"{aside.type} {aside.id} from {aside.source or 'nobody known'}".lstrip()
            place = f"\n  in {aside.place}" if aside.place else ""
            fix = f"\n  {aside.fix}" if aside.fix else ""
            reason = Text.assemble((name, "bold"), f"\n{aside.what}", (place + fix, "dim"))
            table.add_row(str(aside.message), reason)
        paper.lay(table)
        more = f"--after {after} shows more." if after is not None else ""
        again = "`onestory aside replay COMPANY` reads all again." if rows else ""
        self._end(more, again)

    def replayed(self, receipts: Sequence[Receipt]) -> None:
        """What became of messages that were read again."""
        fates = {fate: sum(r.fate is fate for r in receipts) for fate in Fate}
        self._fates(fates)

    def plan(self, company: str, changes: Sequence[Change], *, fresh: bool) -> None:
        """What opening a company on a ledger would change."""
        paper = self._paper
        if not changes:
            paper.write(f"{company}: the ledger knows these terms. Nothing changes.")
            return
        what = "all is new" if fresh else many(len(changes), "change")
        paper.title(f"{company}: {what}")
        table = paper.table("", "", "")
        for change in changes:
            sign = Text(change.sign, _SIGNS.get(change.sign, ""))
            table.add_row(sign, Text(change.about, "bold"), change.sentence)
        paper.lay(table)
        refused = sum(not change.safe for change in changes)
        paper.note(
            f"{many(refused, 'change')} refused: the company cannot be opened on this ledger so."
            if refused
            else "All of it is safe: it happens when the company is next opened."
        )

    def listed(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """What there is of a kind, a row each."""
        paper = self._paper
        if not rows:
            paper.title(f"No {name}.")
            return
        table = paper.table(*rows[0])
        for row in rows:
            table.add_row(*(self._cell(value) for value in row.values()))
        paper.lay(table)

    def secret(self, _: str, secret: str, note: str) -> None:
        """Something that is shown once."""
        self._paper.write(secret)
        self._paper.note(note)

    def _cell(self, value: object) -> str:
        if isinstance(value, datetime):
            return self._words.moment(value)
        if isinstance(value, list | tuple):
            return ", ".join(map(str, value))
        if isinstance(value, dict):
            return ", ".join(f"{name}: {self._cell(part)}" for name, part in value.items())
        return "" if value is None else str(value)

    def remedies(self, remedies: Mapping[str, bool], about: Mapping[str, str]) -> None:
        """Which remedies may run, and what each does."""
        paper = self._paper
        armed = sum(remedies.values())
        paper.title(f"{armed:,} armed" if armed else "Nothing is armed: the office only watches.")
        table = paper.table("remedy", "", "what it does")
        for name, runs in remedies.items():
            state = Text("armed", "bold green") if runs else Text("watching", "dim")
            table.add_row(name, state, about.get(name) or Text("none is declared yet", "dim"))
        paper.lay(table)
        if not remedies:
            paper.write("No party follows any fact, so there is nothing to arm.")

    def repairs(
        self, counts: Mapping[str, int], rows: Sequence[Repaired], after: int | None
    ) -> None:
        """Repairs, each with what it is for and how it stands."""
        paper, words = self._paper, self._words
        total = sum(counts.values())
        paper.title(
            ", ".join(f"{n:,} {_UNDER_WAY.get(state, state)}" for state, n in counts.items())
            or "Nothing to remedy."
        )
        waits = any(one.armed and one.next for one in rows)
        heads = [">repair", "what it is for, and how it stands"] + ["next"] * waits
        table = paper.table(*heads)
        for one in rows:
            about = Text.assemble(
                (f"{one.entity} {' '.join(one.key)}", "bold"),
                f"  {one.remedy}: {one.about}",
                (f"\n{spelled_state(one)}", _state_style(one)),
            )
            table.add_row(
                str(one.number),
                about,
                *[words.time(one.next) if one.armed else ""] * waits,
            )
        paper.lay(table)
        more = f"--after {after} shows more." if after is not None else ""
        did = "`onestory repair COMPANY NUMBER` says what it did and would do." if total else ""
        self._end(more, did, times=waits)

    def repair(self, one: Repaired, would: str) -> None:
        """One repair: what it did, step by step, and what it would do next."""
        paper, words = self._paper, self._words
        paper.title(f"Repair {one.number}: {one.entity} {' '.join(one.key)}")
        paper.write(f"{one.remedy}: {one.about}")
        paper.write(spelled_state(one), style=_state_style(one))
        table = paper.table(">", "step", "", "tries", "at")
        for place, step in enumerate(one.steps, 1):
            asked = f"{step_text(step.name, step.asked)}{f' in {step.system}' * bool(step.system)}"
            came = f"\nanswered {form_text(step.answered)}" if step.answered is not None else ""
            said = came + (f"\n{step.reason}" if step.reason else "")
            at = words.time(step.at) if step.at else ""
            table.add_row(
                str(place), Text.assemble(asked, (said, "dim")), step.state, str(step.tries), at
            )
        paper.lay(table)
        if would:
            paper.note(f"Next it would {words.zoned(would)}")
        self._end(times=any(step.at for step in one.steps))

    def pulls(self, rows: Sequence[Pulled]) -> None:
        """Every pull, and how it fares."""
        paper, words = self._paper, self._words
        paper.title(many(len(rows), "pull") if rows else "Nothing is pulled.")
        table = paper.table("pull", "how it fares", ">rows", ">new", ">aside", "next")
        for one in rows:
            why = [f"{line}" for line in (one.error or ())[1:] if line]
            about = Text.assemble(
                (words.zoned(one.words), _PULL_STYLES.get(one.state, "green")),
                *(f"\n{line}" for line in why),
                f"\n{one.fewer:,} rows fewer than the sweep before" if one.fewer else "",
            )
            counts = (f"{one.rows:,}", f"{one.heard:,}", f"{one.aside:,}")
            table.add_row(one.name, about, *counts, words.time(one.next))
        paper.lay(table)
        self._end(times=bool(rows))

    def confirmed(self, reference: str, found: Confirmed | None) -> None:
        """Whether a message is ours."""
        paper, words = self._paper, self._words
        if found is None:
            paper.title(f"{reference} is not ours: nothing with this reference ever went.")
            return
        paper.title(f"{reference} is ours.")
        lost = "" if found.arrived else ", and did not arrive"
        paper.write(
            f"It went to {found.person} by {found.channel} at {words.moment(found.at)}{lost}."
        )
        table = paper.table("fact", "told", "decided by")
        for name, value in found.told.items():
            table.add_row(f"{found.entity}.{name}", words.value(value), found.rests[name][0])
        paper.lay(table)

    def books(self, balances: Mapping[str, Sequence[Money]]) -> None:
        """The balance of every account."""
        paper = self._paper
        if not balances:
            paper.write("No money was moved.")
            return
        paper.title(many(len(balances), "account"))
        table = paper.table("account", ">balance")
        for account, sums in balances.items():
            table.add_row(account, ", ".join(str(amount) for amount in sums))
        paper.lay(table)
        paper.note(
            "Debits are above nought. `owed by` somebody, and below nought: it is owed to them."
        )

    def verified(
        self, company: str, head: Mapping[str, int | str], findings: Sequence[Finding]
    ) -> None:
        """Whether a ledger holds, and where it ends."""
        paper = self._paper
        paper.title(f"The ledger of {company} {'does not hold' if findings else 'holds'}.")
        for finding in findings:
            paper.write(f"{finding.where} {finding.what}", indent=2, style="red")
        table = paper.table("", "")
        for name, value in head.items():
            table.add_row(Text(name, "dim"), f"{value:,}" if isinstance(value, int) else value)
        paper.lay(table)
        if not findings:
            paper.note("Keep the last seal elsewhere: only there can a cut-off end be seen.")

    def copied(self, copied: Copied) -> None:
        """What was copied, and where it is now."""
        paper = self._paper
        paper.title(f"The ledger of {copied.company} is copied, and holds.")
        table = paper.table("", "")
        for name, value in copied._asdict().items():
            if name != "company":
                shown = f"{value:,}" if isinstance(value, int) else value
                table.add_row(Text(name.replace("_", " "), "dim"), shown)
        paper.lay(table)

    def version(self, versions: Mapping[str, str]) -> None:
        """Which versions these are."""
        self._paper.write(", ".join(f"{name} {number}" for name, number in versions.items()))

    def _fates(self, fates: Mapping[Fate, int]) -> None:
        paper = self._paper
        paper.title(many(sum(fates.values()), "message"))
        table = paper.table(">", "")
        for fate, meaning in _FATES.items():
            if fates[fate]:
                table.add_row(f"{fates[fate]:,}", meaning)
        paper.lay(table)


def _state_style(one: Repaired) -> str:
    if one.state is RepairState.LIVE:
        return "yellow" if one.armed else "dim"
    return {RepairState.DONE: "green", RepairState.HANDED_OVER: "bold red"}.get(one.state, "")
