"""What a storm's ledger has heard, worked out anew from the messages in it: the oracle's side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..ledger import View
from .oracle import Said
from .telecom import systems_that_follow

if TYPE_CHECKING:
    from .watch import Watch

RIGHT = "Bill.amount"
"""The fact that rating works out: a bill comes to the price of its contract."""


class Stand(NamedTuple):
    """What a party says, from a moment on."""

    at: int
    value: Any


class Heard:
    """All that was said, in the order of receipt, and what it comes to."""

    def __init__(self, watch: Watch) -> None:
        self.watch, self.acme = watch, watch.acme
        self.words: list[Said] = []
        self.since_of: dict[tuple[str, str], int | None] = {}
        self.ids: set[tuple[str, str]] = set()
        self.known = 0
        self.agreed: set[tuple[str, str, str]] = set()
        self.before: dict[tuple[str, str, str], set[int]] = {}
        self.last_heard: dict[str, int] = {}
        self.last_of: dict[tuple[str, str, str], int] = {}
        self._last = 0
        self._current: dict[tuple[str, str, str], Said] = {}
        self._past: dict[tuple[str, str, str], list[Stand]] = {}
        self._began: dict[tuple[str, str, str], int] = {}
        self._muddled: set[tuple[str, str]] = set()
        self._parties: dict[int, str] = {}
        self._authority = {path: fact.authority.name for path, fact in self.acme.facts.items()}
        self._followers = {
            path: systems_that_follow(fact) for path, fact in self.acme.facts.items()
        }

    def take_in(self, view: View) -> None:
        """Read the messages that the ledger accepted since."""
        self.agreed.clear()
        self.before.clear()
        rows = view.connection.rows("messages_between", self._last, 2**62)
        for number, party, id_, sequence, known, _, says, _ in rows:
            self.watch.must("I2 no hole", number == self._last + 1, number)
            self._last, self.known = number, max(self.known, known)
            if party not in self._parties:
                self._parties = dict(view.connection.rows("parties"))
            name = self._parties[party]
            if id_ is None:
                if name == "rating":
                    self._rate(view, known, msgspec.json.decode(says), number)
                continue
            self._hear(name, id_, sequence, known, number)

    def _hear(self, name: str, id_: str, sequence: int | None, known: int, number: int) -> None:
        sent = self.watch.sent.get((name, id_))
        self.watch.must("I1 nothing that nobody sent", sent is not None, name, id_)
        self.watch.must("I1 once", (name, id_) not in self.ids, name, id_)
        assert sent is not None
        self.ids.add((name, id_))
        self.watch.must("I1 as it was sent", sent.sequence == sequence, sent, sequence)
        self.last_heard[name] = known
        self.last_of[name, sent.path, sent.key] = known
        order = number - 2**62 if sequence is None else sequence
        self._say(Said(known, name, sent.path, sent.key, sent.value, order))

    def _rate(self, view: View, known: int, says: list[int], number: int) -> None:
        """Rating claimed something: what it must have claimed is worked out here."""
        (found,) = view.by_id([says[0]])
        right = self.right(found.ref.key)
        self._say(Said(known, "rating", RIGHT, found.ref.key, right, number - 2**62))

    def right(self, bill: str) -> Any:
        """What a bill comes to: the price of the contract it is for; None while that is unknown."""
        contract = self._current.get(("billing", "Bill.contract", bill))
        return None if contract is None else self.decided("Contract.price", contract.value)

    def _say(self, word: Said) -> None:
        self.words.append(word)
        place = word.party, word.fact, word.key
        before = self._current.get(place)
        if before is not None and word.sequence <= before.sequence:
            if before.value != word.value:
                self._muddled.add((word.fact, word.key))
            return
        for follower in self._followers[word.fact]:
            pair = word.fact, word.key, follower
            if pair in self._began:
                self.before.setdefault(pair, set()).add(self.since(*pair))
        self._current[place] = word
        past = self._past.setdefault(place, [])
        if not past or past[-1].value != word.value:
            past.append(Stand(word.at, word.value))
        for follower in self._followers[word.fact]:
            pair = word.fact, word.key, follower
            if self.differs(*pair):
                self._began.setdefault(pair, word.at)
            else:
                self._began.pop(pair, None)
                self.agreed.add(pair)

    def decided(self, path: str, key: str) -> Any:
        """What the authority says, or None."""
        word = self._current.get((self._authority[path], path, key))
        return None if word is None else word.value

    def all_decided(self) -> dict[tuple[str, str], Any]:
        """What every authority says."""
        return {
            (path, key): word.value
            for (party, path, key), word in self._current.items()
            if party == self._authority[path]
        }

    def knows(self, entity: str, key: str) -> bool:
        """Whether anybody spoke of a subject."""
        return any(of == key and path.startswith(f"{entity}.") for _, path, of in self._current)

    def ever_decided(self, path: str, key: str) -> list[Any]:
        """All that was ever decided of a fact."""
        return [s.value for s in self._past.get((self._authority[path], path, key), ())]

    def differs(self, path: str, key: str, follower: str) -> bool:
        """Whether a follower does not say what is decided."""
        one = self._current.get((self._authority[path], path, key))
        other = self._current.get((follower, path, key))
        return one is not None and (other is None or one.value != other.value)

    def differing(self) -> list[tuple[str, str, str]]:
        """Everything on which a follower differs."""
        return list(self._began)

    def since(self, path: str, key: str, follower: str) -> int:
        """When the authority stopped saying what the follower says, else when they began to differ."""
        past = self._past[self._authority[path], path, key]
        said = self._current.get((follower, path, key))
        if said is None:
            return past[0].at
        for place in range(len(past) - 2, -1, -1):
            if past[place].value == said.value:
                return past[place + 1].at
        return self._began[path, key, follower]

    def muddled(self, path: str, key: str) -> bool:
        """Whether claims came out of order: since when they differ then depends on what is kept."""
        return (path, key) in self._muddled
