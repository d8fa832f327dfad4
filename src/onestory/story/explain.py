"""Explaining a contradiction: why it is open, in words that can be shown to a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..agreement import Agreements, Cause, Fault, cause_of, standing
from ..clock import micros, moment
from ..errors import NoSuchName
from ..ledger import HEARD, KINDS, Contradiction, Found, View
from ..ledger.history import Line, lines
from ..model import Company, People, Standing, spelled
from .timeline import subject_text, value_text


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim comes from: the message that said it, and its proof.

    Args:
        party: Who said it.
        value: What it said, as text; empty if it said nothing.
        entry: The ledger entry, or 0.
        message: The message's id.
        known: When it was heard.
        hash: The SHA-256 of the message, in hexadecimal.
    """

    party: str
    value: str
    entry: int = 0
    message: str = ""
    known: datetime | None = None
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one contradiction is or was open.

    Args:
        number: The number of the entry that opened it.
        fact: The fact, as ``Contract.renewed_until``.
        subject: The subject, as ``Contract C-1042``.
        about: What the fact means.
        standing: How the follower stands now.
        decided: What the authority says, and where that comes from.
        followed: What the follower says, and where that comes from.
        since: Since when they differ.
        due: Until when the follower had time.
        opened: When the contradiction was opened.
        settled: When it was settled, if it was.
        how: How it was settled.
        cause: The link that failed, and how.
        others: How many more contradictions of the same link are open.
        heard_by: Who was told which value, newest first.
        sentence: The whole in one sentence.
    """

    number: int
    fact: str
    subject: str
    about: str
    standing: Standing
    decided: Source
    followed: Source
    since: datetime
    due: datetime
    opened: datetime
    settled: datetime | None
    how: str
    cause: Cause
    others: int
    heard_by: tuple[str, ...]
    sentence: str


def explain(
    view: View, company: Company, agreements: Agreements, contradiction: Contradiction, now: int
) -> Explanation:
    """Explain one contradiction."""
    c = contradiction
    agreed = agreements.of(c.entity) if c.entity in agreements else None
    agreement = None if agreed is None else agreed.facts.get(c.fact)
    if agreed is None or agreement is None:
        raise NoSuchName(
            f"{c.path} is not declared any more.",
            fix="Its entries stay in the ledger: `onestory story --timeline` shows them.",
        )
    found = view.by_id([c.subject])[0]
    past = lines(view, found)
    people = any(p.name == c.follower for p in company.declared(People))
    opened = next(e.body for e in view.past(found, start=c.number))
    authority = opened["authority"]
    heard, _ = view.links_heard().get(c.follower, (0, 0))
    last_heard = 0 if c.silent_since is None else micros(c.silent_since)
    silent = c.silent and heard <= last_heard
    stands = Standing.LATE if people else standing(found.dossier, agreement, c.follower, c.key, now)
    cause = cause_of(authority, c.follower, stands, c.silent_since, silent=silent, people=people)
    words = _words(found, opened, c)
    decided = _source(view, agreements, past, authority, words[0], c)
    followed = _source(view, agreements, past, c.follower, words[1], c)
    if people:
        followed = _told_source(view, agreements, c)
    others = sum(
        count
        for entity, fact, follower, count in view.contradiction_counts()
        if (entity, fact, follower) == (c.entity, c.fact, c.follower)
    )
    return Explanation(
        c.number,
        c.path,
        subject_text(c.entity, c.key, found.ref.alias_of, parts=len(agreed.declared.key_parts)),
        agreement.declared.about,
        stands,
        decided,
        followed,
        c.since,
        c.due,
        c.opened,
        c.settled,
        c.how or "",
        cause,
        others - (1 if c.settled is None else 0),
        tuple(_heard_by(view, agreements, c)),
        _sentence(c, decided, followed, cause, agreement.declared.about),
    )


def _words(
    found: Found, opened: dict[str, Any], c: Contradiction
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What the two say: now, while it is open; what they said when it was opened, once it is settled."""
    if c.settled is not None:
        return (opened["decided"],), (opened["said"],) if "said" in opened else ()
    said = [found.dossier.word(party, c.fact) for party in (opened["authority"], c.follower)]
    one, other = (() if word is None else (word.values[c.fact],) for word in said)
    return one, other


def _source(
    view: View,
    agreements: Agreements,
    past: list[Line],
    party: str,
    word: tuple[Any, ...],
    c: Contradiction,
) -> Source:
    """The last entry with what a party says, and the message behind it."""
    if not word:
        return Source(party, "")
    members = agreements.of(c.entity).facts[c.fact].members
    text = value_text(agreements, c.entity, c.fact, word[0])
    for line, _ in reversed(past):
        if line.kind == KINDS[HEARD] and (line.party == party or line.party in members):
            says: dict[str, Any] = line.body.get("says", {})
            if c.fact in says and says[c.fact] == word[0]:
                row = view.message(line.message)
                if row is None:
                    return Source(line.party, text, line.number)
                name, sent, digest = row[1], row[2] or f"#{row[0]}", row[5].hex()
                return Source(name, text, line.number, sent, moment(line.known), digest)
    return Source(party, text)


def _told_source(view: View, agreements: Agreements, c: Contradiction) -> Source:
    for entry, known, body in view.told(c.subject):
        if c.settled is not None and entry > c.number:
            continue  # what settled it is not what it was opened for
        if body.get("person") == c.person and c.fact in body.get("told", {}):
            text = value_text(agreements, c.entity, c.fact, body["told"][c.fact])
            return Source(c.person, text, entry, body["channel"], moment(known))
    return Source(c.person, "")


def _heard_by(view: View, agreements: Agreements, c: Contradiction) -> list[str]:
    return [
        f"{moment(known):%Y-%m-%d %H:%M} UTC: {body.get('person') or 'somebody'} heard "
        f"{value_text(agreements, c.entity, c.fact, body['told'][c.fact])} by {body['channel']}"
        for _, known, body in view.told(c.subject)
        if c.fact in body.get("told", {})
    ]


def _sentence(c: Contradiction, decided: Source, followed: Source, cause: Cause, about: str) -> str:
    what = about.rstrip(".") or c.fact.replace("_", " ")
    within = spelled(c.due - c.since)
    if cause.fault is Fault.UNTOLD:
        who = (
            f"{c.person} was last told {followed.value}"
            if followed.value
            else f"{c.person} was told nothing"
        )
        is_, till = ("was", "until then ") if c.settled is not None else ("is", "")
        return (
            f"{what}: it {is_} {decided.value}, but {till}{who}, and should have heard it within "
            f"{within}."
        )
    still = "said" if c.settled is not None else "still says"
    says = f"{still} {followed.value}" if followed.value else "has said nothing of it"
    tail = ""
    if cause.fault is Fault.SILENT:
        last = cause.silent_since
        heard = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "ever"
        tail = f" Nothing at all was heard from {c.follower} {heard}."
    return (
        f"{what}: {cause.authority} decided {decided.value or 'nothing'}, and {c.follower}, which had "
        f"{within} to follow, {says}.{tail}"
    )
