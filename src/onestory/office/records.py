"""What the people of a company record: differences, disputes, links of names, arming."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ..clock import aware, micros
from ..errors import NotAllowed
from ..ledger import HEARD, Draft, Excuse, Ref, tables
from ..ledger.journal import Journal
from ..model import COMPANY, Alias, Entity, Fact, Party, People, key_text, known_remedy, terms_of
from .opened import Opened, Person


class Records(Opened):
    """The part of an office that keeps what its people say."""

    def declares_different(
        self,
        follower: Party,
        fact: Fact[Any],
        key: str | tuple[str, ...],
        *,
        because: str,
        until: datetime,
        by: str,
    ) -> None:
        """Declare that a follower may differ on one subject, for a reason, until a moment.

        Raises:
            NotAllowed: There is no reason, the end has passed, or the party does not follow.
        """
        if isinstance(follower, People) or follower not in [f.party for f in fact.followers]:
            raise NotAllowed(
                f"{follower.name} is no system that follows {fact}, so it cannot differ from it.",
                where=fact.where,
                fix=f"Name one of its followers: {fact.follower_names}.",
            )
        excuse = self._excuse(fact.name, follower.name, because, until, by)
        ref = Ref(fact.entity.__name__, "", key_text(fact.entity, key))
        self._say(ref, excuses=[excuse])

    def disputes(self, fact: Fact[Any], key: str | tuple[str, ...], *, by: Person) -> None:
        """Record that a person challenges the decided value; it concerns that person's story only."""
        self._dispute(fact, key, by, "disputes")

    def disputes_no_longer(
        self, fact: Fact[Any], key: str | tuple[str, ...], *, by: Person
    ) -> None:
        """Record that a person challenges it no longer."""
        self._dispute(fact, key, by, "disputes no longer")

    def link(
        self, alias: Alias, entity: type[Entity], key: str | tuple[str, ...], *, by: str
    ) -> None:
        """Record that a system's own name means a subject. What was said under it is heard again."""
        self._mean(alias, entity, key_text(entity, key), by)

    def unlink(self, alias: Alias, entity: type[Entity], *, by: str) -> None:
        """Undo a link; each name's own history is whole again."""
        self._mean(alias, entity, None, by)

    def arm(self, name: str, *, by: str) -> None:
        """Let a remedy run: ``billing/Contract.renewed_until``. The office only watches until then.

        Raises:
            NoSuchName: No follower of a fact is called so.
        """
        known_remedy(self.company, name)
        self._arm({"arms": name, "by": by})

    def disarm(self, name: str, *, by: str) -> None:
        """Let a remedy run no longer."""
        known_remedy(self.company, name)
        self._arm({"disarms": name, "by": by})

    def armed(self) -> list[str]:
        """The names of the remedies that may run: armed in company.py, or by a person since."""
        armed = set(terms_of(self.company).armed)
        with self.ledger.view() as view:
            for name, says in Journal(view.connection).armed().items():
                (armed.add if says else armed.discard)(name)
        return sorted(armed)

    def _excuse(self, fact: str, follower: str, because: str, until: datetime, by: str) -> Excuse:
        """A difference as the ledger keeps it; it needs a reason, and an end that is still to come."""
        if not because.strip() or micros(aware(until)) <= self.ledger.now():
            raise NotAllowed(
                "A difference needs a reason, and an end that is still to come.",
                fix='Write because="..." and until= a later moment.',
            )
        return Excuse(fact, follower, because, micros(until), by)

    def _say(self, ref: Ref, **said: Any) -> None:
        with self.writing() as batch:
            self.hearing.say(batch, COMPANY, ref=ref, **said)

    def _dispute(self, fact: Fact[Any], key: str | tuple[str, ...], by: Person, verb: str) -> None:
        entity, person = by
        group = entity.__declared__.one_of
        if group is None:
            raise NotAllowed(
                f"{entity.__name__} is not one of any people.",
                where=entity.__declared__.where,
                fix="Declare it with one_of= a People, and let one of those dispute.",
            )
        with self.writing() as batch:
            subject = batch.subject(Ref(fact.entity.__name__, "", key_text(fact.entity, key)))
            who = batch.subject(Ref(entity.__name__, "", key_text(entity, person)))
            entry = {verb: fact.name, "person": who.ref.key}
            number = self.hearing.say(batch, group.name, ref=subject.ref, entry=entry)
            batch.flush()
            if verb == "disputes":
                tables.save_dispute(batch, who, subject, fact.name, number)
            else:
                tables.delete_dispute(batch, who, subject, fact.name)

    def _mean(self, alias: Alias, entity: type[Entity], key: str | None, by: str) -> None:
        with self.writing() as batch:
            ref = Ref(entity.__name__, alias.system.name, alias.name)
            subject = batch.subject(ref)
            self.hearing.say(batch, COMPANY, ref=ref, entry={"means": key, "by": by})
            self.worker.link_alias(batch, subject, key)

    def _arm(self, entry: dict[str, Any]) -> None:
        with self.writing() as batch:
            ref = Ref(COMPANY, "", self.company.name)
            subject = batch.subject(ref)
            raw = msgspec.json.encode(entry)
            batch.receive(COMPANY, None, sequence=None, raw=raw, says=[(subject, ())])
            batch.append(subject, Draft(HEARD, COMPANY, entry))
            name = entry.get("arms") or entry["disarms"]
            Journal(batch.connection).arm(name, entry["by"], batch.known, armed="arms" in entry)
