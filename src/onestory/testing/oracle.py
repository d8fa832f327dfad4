"""The oracle: the rules of judging written the plainest way, to hold the product against.

It keeps every word that was said and works everything out from the whole list each time. It shares
no line with ``agreement``; where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from ..model import Standing


class Said(NamedTuple):
    """One word: when it was heard, who said what of which fact and subject, and its sequence."""

    at: int
    party: str
    fact: str
    key: str
    value: Any
    sequence: int


def differing(
    said: Iterable[Said],
    agreed: dict[str, tuple[str, list[str]]],
    same: Callable[[Any, Any], bool],
) -> set[tuple[str, str, str]]:
    """Where followers differ: fact, key, follower (invariant I4). The ten lines.

    Args:
        said: All words, in any order, any of them repeated.
        agreed: The authority and the followers of each fact.
        same: When two values say the same.
    """
    current: dict[tuple[str, str, str], Said] = {}
    for word in said:
        place = (word.party, word.fact, word.key)
        if place not in current or word.sequence > current[place].sequence:
            current[place] = word
    return {
        (fact, key, follower)
        for (party, fact, key), word in current.items()
        for follower in agreed[fact][1]
        if party == agreed[fact][0]
        and (
            (other := current.get((follower, fact, key))) is None
            or not same(word.value, other.value)
        )
    }


class Oracle:
    """How one follower stands on one fact of one subject, from the list of all that was said."""

    def __init__(self, within: int, same: Callable[[Any, Any], bool] = lambda a, b: a == b) -> None:
        self.within, self.same = within, same
        self.words: list[Said] = []

    def hear(self, at: int, party: str, value: Any, sequence: int) -> None:
        """Let the authority ``a`` or the follower ``b`` say something."""
        self.words.append(Said(at, party, "", "", value, sequence))

    def judge(self, now: int) -> tuple[Standing, int | None, bool]:
        """The standing now, since when they differ, and whether a contradiction is open."""
        open_since: int | None = None
        moments = sorted({w.at for w in self.words if w.at <= now})
        # An opening may fall between two words, so each moment is looked at from just before, too.
        for moment in [m for at in moments for m in (at - 1, at)] + [now]:
            since = self._since(moment)
            if since is None:
                open_since = None
            elif open_since is None and moment > since + self.within:
                open_since = since
        since = self._since(now)
        if self._said("a", now) is None:
            return Standing.UNKNOWN, None, False
        if since is None:
            return Standing.AGREES, None, False
        if open_since is None:
            return Standing.FOLLOWING, since, False
        spoke = self._spoke("b", now)
        late = spoke is None or spoke < self._last_change(now)
        return Standing.LATE if late else Standing.CONTRADICTS, open_since, True

    def _said(self, party: str, at: int) -> Said | None:
        words = [w for w in self.words if w.party == party and w.at <= at]
        return max(words, key=lambda w: w.sequence, default=None)

    def _since(self, at: int) -> int | None:
        """When the authority stopped saying what the follower says; None while they agree."""
        a, b = self._said("a", at), self._said("b", at)
        if a is None or (b is not None and self.same(a.value, b.value)):
            return None
        moments = sorted({w.at for w in self.words if w.at <= at})
        if b is None:
            return min(w.at for w in self.words if w.party == "a")
        stopped = [
            after
            for before, after in pairwise(moments)
            if self._says(before, b.value) and not self._says(after, b.value)
        ]
        if stopped:
            return stopped[-1]
        began = at
        for moment in reversed(moments):
            one, other = self._said("a", moment), self._said("b", moment)
            if one is None or (other is not None and self.same(one.value, other.value)):
                break
            began = moment
        return began

    def _says(self, at: int, value: Any) -> bool:
        said = self._said("a", at)
        return said is not None and self.same(said.value, value)

    def _spoke(self, party: str, at: int) -> int | None:
        """When a party last said something that was not older than what it had said."""
        words = sorted(
            (w for w in self.words if w.party == party and w.at <= at), key=lambda w: w.at
        )
        spoke, greatest = None, -1
        for word in words:
            if word.sequence > greatest:
                spoke, greatest = word.at, word.sequence
        return spoke

    def _last_change(self, at: int) -> int:
        moments = sorted({w.at for w in self.words if w.at <= at and self._said("a", w.at)})
        change = moments[0]
        for before, after in pairwise(moments):
            one, other = self._said("a", before), self._said("a", after)
            if one is not None and other is not None and one.value != other.value:
                change = after
        return change
