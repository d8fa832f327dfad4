"""The order of one party's claims: its own sequence where it has one, never its clock.

At a moment *v* a party says the claim of greatest sequence whose interval holds *v*. What is kept
depends on the set of claims only, not on the order they arrived in (invariant I3).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import msgspec

from ..ledger.dossier import Former, Said, Timed
from ..model import Json

MAX_FORMER = 8
"""Former values kept of a fact. A follower that still says an older one has differed for longer
than eight changes; its time then runs from when the two were first seen to differ."""

MAX_TIMED = 1_000
"""Claims of one fact that wait for their time: two years of daily prices, and some."""


_BEGUN = 0
"""Since when a claim holds that holds already: only what is to come matters to a dossier."""


class Claimed(msgspec.Struct, gc=False):
    """One answer to one fact, as it enters a dossier. Times are microseconds."""

    value: Json
    sequence: int
    since: int | None = None
    until: int | None = None


class Taken(msgspec.Struct, gc=False):
    """What became of a claim.

    Args:
        new: Whether the ledger learns something: it is not a mere repeat.
        changed: Whether the party now says something else.
        behind: The sequence of what was said until then, for a claim that came late or has times.
    """

    new: bool
    changed: bool
    behind: int | None = None


REPEAT = Taken(new=False, changed=False)
CHANGE = Taken(new=True, changed=True)


def take(said: Said, fact: str, claim: Claimed, now: int, *, keep: bool) -> Taken:  # noqa: PLR0911
    """Let a speaker make a claim. ``keep`` says whether its former values are kept."""
    if claim.since is not None or claim.until is not None or fact in said.timed:
        return _take_timed(said, fact, claim, now, keep=keep)
    values = said.values
    if fact not in values:
        values[fact], said.changed[fact] = claim.value, now
        _mark(said, fact, claim.sequence, now)
        return CHANGE
    current, (sequence, heard) = values[fact], said.mark(fact)
    if claim.sequence > sequence:
        same = current == claim.value
        if not same:
            _change(said, fact, claim.value, sequence, now, keep=keep)
        _mark(said, fact, claim.sequence, now)
        return REPEAT if same else CHANGE
    if current == claim.value:
        return REPEAT
    if claim.sequence == sequence and _greater(claim.value, current):
        _change(said, fact, claim.value, sequence, now, keep=keep)
        _mark(said, fact, sequence, heard)
        return CHANGE
    former = said.former.get(fact, ())
    if any(f.value == claim.value and f.sequence >= claim.sequence for f in former):
        return REPEAT
    if keep:
        _keep_former(said, fact, claim.value, claim.sequence, now)
    return Taken(new=True, changed=False, behind=sequence)


def in_order(said: Said, sequence: int) -> bool:
    """Whether a message without times follows all that was said, so that repeats go together."""
    return sequence > said.sequence and not said.timed


def put(said: Said, fact: str, value: Json, now: int, *, keep: bool) -> None:
    """Let a speaker say something else, in a message that is in order; ``say_again`` follows."""
    if fact in said.values:
        sequence = said.mark(fact)[0] if keep else 0
        _change(said, fact, value, sequence, now, keep=keep)
    else:
        said.values[fact], said.changed[fact] = value, now


def say_again(said: Said, values: dict[str, Json], sequence: int, now: int) -> None:
    """Give all facts of a message that is in order its sequence and time at once."""
    apart = said.apart
    if len(values) < len(said.values) or apart:
        last = (said.sequence, said.heard)
        for fact in said.values:
            if fact in values:
                apart.pop(fact, None)
            elif fact not in apart:
                apart[fact] = last
    said.sequence, said.heard = sequence, now


def lift(said: Said | None, sequences: Mapping[str, int]) -> None:
    """Let what is said have the sequences of repeats that are not heard again, by fact."""
    for fact, sequence in sequences.items():
        if said is not None and fact in said.values and said.mark(fact)[0] < sequence:
            _mark(said, fact, sequence, said.mark(fact)[1])


def lift_marks(said: Said | None, marks: Mapping[str, tuple[int, int]]) -> None:
    """Let what is said have the sequences of repeats, and when they were heard, by fact."""
    for fact, (sequence, heard) in marks.items():
        if said is not None and fact in said.values:
            known = said.mark(fact)
            if known[0] <= sequence and known != (sequence, heard):
                _mark(said, fact, sequence, heard)


def advance(said: Said, fact: str, at: int, *, keep: bool) -> bool:
    """Let time come to ``at`` for a fact with claims that wait. True if the answer changed."""
    claims = said.timed[fact]
    before = said.values.get(fact)
    had, sequence = fact in said.values, said.mark(fact)[0]
    current = next((claim for claim in claims if claim.holds(at)), None)
    _store(said, fact, _visible(claims, at), at)
    if current is None:
        if had:
            if keep:
                _keep_former(said, fact, before, sequence, at)
            del said.values[fact]
            said.changed.pop(fact, None)
            said.apart.pop(fact, None)
        return had
    if had and before == current.value:
        _mark(said, fact, current.sequence, said.mark(fact)[1])
        return False
    if had:
        _change(said, fact, current.value, sequence, at, keep=keep)
    else:
        said.values[fact], said.changed[fact] = current.value, at
        _forget(said, fact, current.value)
    _mark(
        said,
        fact,
        current.sequence,
        max(current.heard, said.mark(fact)[1]) if had else current.heard,
    )
    return True


def end(said: Said, fact: str, at: int, *, keep: bool) -> None:
    """Let a speaker say nothing of a fact any more, now or at any moment to come."""
    if keep:
        _keep_former(said, fact, said.values[fact], said.mark(fact)[0], at)
    del said.values[fact]
    said.changed.pop(fact, None)
    said.apart.pop(fact, None)
    said.timed.pop(fact, None)


def boundaries(said: Said) -> list[int]:
    """The moments at which what this speaker says may change by itself."""
    moments = [m for claims in said.timed.values() for c in claims for m in (c.since, c.until)]
    return [m for m in moments if m is not None]


def _take_timed(said: Said, fact: str, claim: Claimed, now: int, *, keep: bool) -> Taken:
    known = said.timed.get(fact)
    if known is None:
        known = []
        if fact in said.values:
            sequence, heard = said.mark(fact)
            known = [Timed(said.values[fact], sequence, _BEGUN, None, heard)]
    since = now if claim.since is None else claim.since
    made = Timed(claim.value, claim.sequence, since, claim.until, now)
    claims = _ordered([*known, made])
    new = len(claims) > len(known)
    before = dict(said.values)
    behind = said.mark(fact)[0] if fact in before else None
    said.timed[fact] = claims
    changed = advance(said, fact, now, keep=keep)
    if keep and not changed and fact in before and claim.value != before[fact] and made.holds(now):
        _keep_former(said, fact, claim.value, claim.sequence, now)
    if fact in said.values and said.mark(fact)[0] == claim.sequence:
        _mark(said, fact, claim.sequence, now)
    # A repeat left no line, so that the line of this claim says what was said before it, late or not.
    late = behind is not None and (behind >= 0 or behind > claim.sequence)
    return Taken(new, changed, behind if late else None)


def _ordered(claims: list[Timed]) -> list[Timed]:
    """Greatest sequence first, each claim once; one sequence with two values keeps the greater form."""
    claims.sort(key=lambda c: (c.sequence, _text(c.value), c.since, c.until or 0), reverse=True)
    seen: set[tuple[bytes, int, int, int | None]] = set()
    kept = []
    for claim in claims:
        known = (_text(claim.value), claim.sequence, claim.since, claim.until)
        if known not in seen:
            seen.add(known)
            kept.append(claim)
    return kept


def _visible(claims: list[Timed], at: int) -> list[Timed]:
    """The claims that say what is so at some moment from ``at`` on."""
    moments = sorted(
        {at, *(m for c in claims for m in (c.since, c.until) if m is not None and m > at)}
    )
    starting = sorted(range(len(claims)), key=lambda place: claims[place].since)
    holding: list[int] = []
    seen, begun = set[int](), 0
    for moment in moments:
        while begun < len(starting) and claims[starting[begun]].since <= moment:
            heapq.heappush(holding, starting[begun])
            begun += 1
        while holding and not claims[holding[0]].holds(moment):
            heapq.heappop(holding)
        seen.update(holding[:1])
    kept = [claim for place, claim in enumerate(claims) if place in seen]
    for claim in kept:
        claim.since = claim.since if claim.since > at else _BEGUN
    return kept


def _store(said: Said, fact: str, claims: list[Timed], at: int) -> None:
    """Keep claims with times; one that holds now and for ever is kept as a plain value."""
    if not claims or (len(claims) == 1 and claims[0].since <= at and claims[0].until is None):
        said.timed.pop(fact, None)
    else:
        said.timed[fact] = claims


def _change(said: Said, fact: str, value: Json, sequence: int, at: int, *, keep: bool) -> None:
    if keep:
        _keep_former(said, fact, said.values[fact], sequence, at)
    said.values[fact], said.changed[fact] = value, at
    if said.former:
        _forget(said, fact, value)


def _keep_former(said: Said, fact: str, value: Json, sequence: int, stopped: int) -> None:
    former = said.former.setdefault(fact, [])
    for known in former:
        if known.value == value:
            if sequence > known.sequence:
                known.sequence, known.stopped = sequence, max(stopped, known.stopped)
            break
    else:
        former.append(Former(value, sequence, stopped))
    if len(former) > 1 and former[-1].sequence <= former[-2].sequence:
        former.sort(key=lambda f: (f.sequence, _text(f.value)))
    if len(former) > MAX_FORMER:
        del former[:-MAX_FORMER]


def _forget(said: Said, fact: str, value: Json) -> None:
    """A value that is said again is no former one."""
    former = said.former.get(fact)
    if former:
        kept = [f for f in former if f.value != value]
        if kept:
            said.former[fact] = kept
        else:
            del said.former[fact]


def _mark(said: Said, fact: str, sequence: int, heard: int) -> None:
    """Keep sequence and time heard of a fact, in the one form that does not depend on arrival."""
    if sequence > said.sequence:
        last = (said.sequence, said.heard)
        for other in said.values:
            if other != fact and other not in said.apart:
                said.apart[other] = last
        said.sequence, said.heard = sequence, heard
    if (sequence, heard) == (said.sequence, said.heard):
        said.apart.pop(fact, None)
    else:
        said.apart[fact] = (sequence, heard)


def _greater(one: Json, other: Json) -> bool:
    return _text(one) > _text(other)


def _text(value: Json) -> bytes:
    return msgspec.json.encode(value, order="sorted")
