"""What was mailed in a storm, held against what the ledger says was told (promise I8)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ..ledger import View
from ..model import Send

if TYPE_CHECKING:
    from .watch import Watch

TERM = "Contract.term"


class Mail(NamedTuple):
    """A message that reached a customer."""

    person: str
    contract: str
    value: date


def read_mail(request: Send) -> Mail:
    """What a message tells, read off its own lines, as its customer does."""
    person, contract = request.subject.split()
    return Mail(person, contract, date.fromisoformat(request.text.strip().splitlines()[-1]))


class Mailed:
    """Every message that was accepted, by its reference."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.accepted: dict[str, Mail] = {}
        self._last: dict[tuple[str, str], date] = {}

    def asked_for(self, request: Send, decided: object) -> None:
        """A message is sent for the first time: it tells what is decided."""
        mail = read_mail(request)
        self.watch.must("I8 told is supported", mail.value == decided, mail, decided)

    def take(self, request: Send) -> None:
        """A message was accepted: nobody is told again what they were told last."""
        mail, pair = read_mail(request), tuple(request.subject.split())
        last = self._last.get((pair[0], pair[1]))
        self.watch.must("I8 told once", mail.value != last, mail)
        self.watch.must("I8 told once", request.reference not in self.accepted, request)
        self._last[mail.person, mail.contract] = mail.value
        self.accepted[request.reference] = mail

    def all_at_the_end(self, view: View) -> None:
        """What the ledger says was told is what was accepted; and everybody knows what is so."""
        told: dict[str, Mail] = {}
        for found in view.page(0):
            if found.ref.entity != "Contract":
                continue
            for _, _, body in view.told(found.id):
                value = date.fromisoformat(body["told"]["term"])
                told[body["reference"]] = Mail(body["person"], found.ref.key, value)
            decided = self.watch.decided(TERM, found.ref.key)
            for hearer in view.hearers(found.id, "term"):
                knows = date.fromisoformat(str(hearer.value))
                self.watch.must("liveness: told what is so", knows == decided, found.ref.key, knows)
        self.watch.must("I8 told is complete", told == self.accepted, told, self.accepted)
