"""Pages about subjects: their story, their timeline, what is contradicted and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from rich.text import Text

from ..agreement import Fault
from ..ledger import Incident
from ..model import Channel, DeclaredEntity, Entity, Fact, Standing, Telling, said
from ..story import Event, Explanation, Source
from .contradicted import Contradicted, Page
from .paper import Paper
from .repaired import Repaired, spelled_state
from .words import Words, many, mark

_INCIDENTS = 5
"""Incidents shown above the contradictions: the largest, since one action remedies each."""

_PEOPLE = 10
"""People shown of those who follow a fact: a flight has three hundred."""

_KINDS = {"opened": "red", "settled": "green", "told": "cyan"}
_FAULTS = {
    "silent": "nothing at all was heard from {0} since; ask it before writing to it",
    "missed": "{0} was heard of other things since, but not of this",
    "differs": "{0} has spoken of this since, and says something else",
    "untold": "{0} was not told in time",
}


class Stories:
    """Writes what is told of subjects.

    Args:
        zone: The zone that times are shown in.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._paper, self._words = Paper(), Words(zone)

    def story(
        self, entity: DeclaredEntity, told: Entity, facts: Sequence[Fact[Any]], channel: str | None
    ) -> None:
        """A subject's story: as one channel tells it, or with what every party says."""
        paper, words = self._paper, self._words
        story: Any = told.__story__
        paper.title(f"{entity.name} {' '.join(story.key_parts)}")
        told_at = words.moment(story.at)
        if channel is None:
            paper.write(f"as of {told_at}", style="dim")
            table = paper.table("fact", "party", "says", "standing", "since")
        else:
            paper.write(f"as the {channel} tells it, as of {told_at}", style="dim")
            table = paper.table("fact", "told", "standing", "since")
        sentences: dict[str, list[str]] = {}
        for fact in facts:
            telling: Telling[Any] = told[fact]
            if channel is None:
                for row in self._parties(telling):
                    table.add_row(*row)
            else:
                since, stands = words.time(telling.since), mark(telling.standing)
                table.add_row(Text(fact.name, "bold"), words.told(telling), stands, since)
            if sentence := self._sentence(telling, story.channel, story.at):
                sentences.setdefault(sentence, []).append(fact.name)
        paper.lay(table)
        for sentence, names in sentences.items():
            paper.gap()
            paper.write(f"{', '.join(names)}: {sentence}")
        self._end("", times=True)

    def timeline(self, subject: str, events: Sequence[Event], before: int | None) -> None:
        """What became known of a subject and all that is linked to it."""
        paper, words = self._paper, self._words
        paper.title(f"{subject}, newest first")
        table = paper.table(">number", "known", "", "party", "what")
        for event in events:
            other = "" if event.subject == subject else f"{event.subject}: "
            sentence = other + words.zoned(event.sentence)
            kind = Text(event.kind, _KINDS.get(event.kind, ""))
            table.add_row(str(event.number), words.time(event.known), kind, event.party, sentence)
        paper.lay(table)
        more = f"--before {before} shows earlier ones." if before is not None else ""
        self._end(more, times=True)

    def contradictions(self, page: Page, *, rows: bool) -> None:
        """Contradictions: what is open in all, incidents, then one by one."""
        paper = self._paper
        paper.title(
            f"{many(page.open, 'contradiction')} open" if page.open else "Nothing is contradicted."
        )
        totals = paper.table(">open", "fact", "follower")
        for entity, fact, follower, count in page.counts:
            totals.add_row(f"{count:,}", f"{entity}.{fact}", follower)
        paper.lay(totals)
        self._incidents(page.incidents)
        if not rows:
            return
        table = paper.table(">number", "subject, fact, and what is said", "standing, due")
        for one in page.rows:
            table.add_row(str(one.row.number), self._said(one), self._stands(one))
        paper.lay(table)
        more = f"--after {page.after} shows more." if page.after is not None else ""
        why = "`onestory explain COMPANY NUMBER` says why." if page.rows else ""
        self._end(more, why, times=bool(page.rows or page.incidents))

    def explanation(self, e: Explanation, repairs: Sequence[Repaired]) -> None:
        """Why a contradiction is or was open: a page that can be shown to a customer."""
        paper, words = self._paper, self._words
        paper.title(f"{e.subject}: {e.fact.partition('.')[2]}")
        paper.gap()
        paper.write(words.zoned(e.sentence))
        grid = paper.table("", "")
        fault = _FAULTS[e.cause.fault.value].format(e.followed.party)
        stands = mark(e.standing) if e.settled is None else Text(f"✓ settled: {e.how}", "green")
        grid.add_row(Text("number", "dim"), str(e.number))
        grid.add_row(Text("standing", "dim"), stands)
        for name, value in {
            "differs since": e.since,
            "had time until": e.due,
            "opened": e.opened,
            "settled": e.settled,
        }.items():
            if value is not None:
                grid.add_row(Text(name, "dim"), words.moment(value))
        grid.add_row(Text("link", "dim"), f"{e.cause.link}: {fault}")
        for one in repairs:
            grid.add_row(Text("repair", "dim"), f"{one.number}: {spelled_state(one)}")
        if e.others:
            also = f"{e.others:,} more of the same fact and follower"
            grid.add_row(Text("also open", "dim"), also)
        paper.lay(grid)
        self._proof("decided", e.cause.authority, e.decided)
        told = e.cause.fault is Fault.UNTOLD
        self._proof("was told" if told else "says", e.followed.party, e.followed)
        if e.heard_by:
            paper.gap()
            paper.write("Who heard it", style="bold")
            for line in e.heard_by:
                paper.write(words.zoned(line), indent=2)

    def _parties(self, telling: Telling[Any]) -> Iterator[tuple[str | Text, ...]]:
        """A row for the party that decides a fact, and one for each that follows it."""
        words, name = self._words, Text(telling.fact.name, "bold")
        decides = Text("decides", "dim") if telling.said else mark(telling.standing)
        yield name, telling.decided_by, words.told(telling), decides, words.time(telling.since)
        for one in telling.followers[:_PEOPLE]:
            who = one.person or one.party
            yield "", who, words.says(one), mark(one.standing), words.time(one.since)
        if len(telling.followers) > _PEOPLE:
            yield "", f"and {len(telling.followers) - _PEOPLE:,} more", "", "", ""

    def _sentence(self, telling: Telling[Any], channel: Channel, at: datetime) -> str:
        """What is told beside a value, with its time in the zone of this page."""
        if telling.next_word is None:
            return telling.sentence
        zone = self._words.zone
        if telling.standing is Standing.FOLLOWING:
            return said(channel.unsettled, zone=zone, at=at, due=telling.next_word)
        return said(channel.company.cautious, zone=zone, at=at, next=telling.next_word)

    def _incidents(self, incidents: Sequence[Incident]) -> None:
        if not incidents:
            return
        paper, words = self._paper, self._words
        table = paper.table(">open", "incident: one link, at one time", "since", "silent")
        for one in incidents[:_INCIDENTS]:
            silent = words.time(one.silent_since) if one.silent_since else "ever"
            link = f"{one.authority} to {one.follower}"
            row = words.time(one.opened), f"since {silent}" if one.silent else ""
            table.add_row(f"{one.members:,}", link, *row)
        paper.lay(table)
        if len(incidents) > _INCIDENTS:
            more = many(len(incidents) - _INCIDENTS, "smaller incident")
            paper.write(f"and {more}", style="dim")

    def _said(self, one: Contradicted) -> Text:
        """The subject and the fact, and below them what the two parties say."""
        words, row = self._words, one.row
        text = Text.assemble((one.subject, "bold"), f"  {row.fact}")
        if row.settled is not None:
            text.append(f"\n{row.follower}: settled {words.time(row.settled)}", "dim")
        elif one.telling is not None and one.followed is not None:
            said = words.says(one.followed)
            follower = row.person or row.follower
            decided = f"{one.telling.decided_by}: {words.told(one.telling)}"
            text.append(f"\n{decided}, {follower}: {said}", "dim")
        return text

    def _stands(self, one: Contradicted) -> Text:
        stands = Text(f"✓ {one.row.how}", "green") if one.standing is None else mark(one.standing)
        return stands.append(f"\n{self._words.time(one.row.due)}", "dim")

    def _proof(self, role: str, party: str, source: Source) -> None:
        """What a party says, and the message that it said it with."""
        paper, words = self._paper, self._words
        paper.gap()
        value = words.zoned(source.value) or "(nothing)"
        paper.write(Text.assemble((party, "bold"), f" {role}: {value}"))
        if source.entry:
            heard = words.moment(source.known) if source.known else ""
            paper.write(f"entry {source.entry}, message {source.message!r}", indent=2, style="dim")
            paper.write(f"heard {heard}", indent=2, style="dim")
        if source.hash:
            paper.write(f"sha-256 {source.hash}", indent=2, style="dim")

    def _end(self, *hints: str, times: bool = False) -> None:
        """Small print: what to ask next, and which zone the times are in."""
        zone = f"Times in {self._words.zone}." if times else ""
        words = "\n".join(filter(None, (*hints, zone)))
        if words:
            self._paper.note(words)
