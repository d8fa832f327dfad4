"""What live streams show as JSON: a subject's story, what changed for a person, and counters."""

from __future__ import annotations

from typing import Any

import msgspec

from ...clock import micros
from ...errors import NoSuchName
from ...ledger import Found, Ref, View, feed
from ...model import Channel, DeclaredEntity, Entity, key_text, no_such
from .. import documents
from ..contradicted import everything
from ..naming import entity_of, key_of
from ..office import Office
from ..reach import DEPTH, Reach, Seen
from .topic import Rendered, Topic

CONCERNS = 500
"""Subjects that one person's topic rests on: as many as a page of what concerns one. Of a person with
more, like an agency, any change is looked at, once a second."""

RECENT = 50
"""Subjects that a person's topic names, those that changed last: more than a screen shows."""

COUNTED_EVERY = 0.5
"""Seconds between two counts: each reads all that is open."""

CHANGED_OFTEN = 1.0
"""Seconds between two looks at a person whom more concerns than is kept track of."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


class Stories:
    """Renders ``subject/Contract/C-1042``: the story as one channel tells it, or as each party has it.

    Args:
        office: The office.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._everything = everything(office.company)

    def topic(self, about: str, channel: str) -> Topic:
        """The story of one subject.

        Raises:
            NoSuchName: There is no such entity, or no such channel.
            ValueMisfit: The key has another number of parts.
        """
        entity, _, key = about.partition("/")
        key_of(entity_of(self._office.company, entity), key)
        if channel:
            self._office.company.find(Channel, channel)
        return Topic("subject", about, channel)

    def render(self, topic: Topic) -> Rendered:
        """The story as it stands."""
        company, office = self._office.company, self._office
        name, _, key = topic.about.partition("/")
        entity = entity_of(company, name)
        parts = key_of(entity, key)
        to = company.find(Channel, topic.channel) if topic.channel else self._everything
        ref = Ref(name, "", key_text(entity.kind, parts))
        with office.ledger.view() as view:
            number, found = feed.ends(view.connection).entry, view.find(ref)
            if found is None:
                data = _encode({"topic": topic.name, "story": None})
                return Rendered(number, data, missing=ref)
            told = office.tell(entity.kind, parts, to=to)
            rests = frozenset({found.id} | feed.aliases(view.connection, [found.id]))
        story = story_document(entity, told, to, topic.channel or None)
        data = _encode({"topic": topic.name, "story": story})
        same = _encode(story.facts)
        return Rendered(number, data, rests, until=self._until(found, told), same=same)

    def _until(self, found: Found, told: Entity) -> int | None:
        """From when the story may read otherwise: a claim comes into force, the next word is due."""
        story: Any = told.__story__
        tellings = story.tellings.values()
        moments = [micros(t.next_word) for t in tellings if t.next_word is not None]
        moments += [] if found.wake is None else [found.wake]
        now = self._office.ledger.now()
        return min((m if m > now else now + 1_000_000 for m in moments), default=None)


def story_document(
    entity: DeclaredEntity, told: Entity, to: Channel, channel: str | None
) -> documents.Story:
    """A subject's story as a document, the one that ``GET /stories`` answers."""
    facts = [f for f in entity.facts.values() if to.shows is None or f.path in to.shows]
    return documents.story(entity, told, facts, channel)


class Persons:
    """Renders ``person/Customer/K-7``: which subjects that concern a person changed last.

    Args:
        office: The office.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._reach: Reach = office.worker.audience.reach

    def topic(self, about: str, channel: str) -> Topic:  # noqa: ARG002 - it is the same in each
        """What concerns one person.

        Raises:
            NoSuchName: There is no such entity, or its subjects are no people.
            ValueMisfit: The key has another number of parts.
        """
        name, _, key = about.partition("/")
        company = self._office.company
        entity = entity_of(company, name)
        if entity.one_of is None:
            people = [e.name for e in company.declared(DeclaredEntity) if e.one_of is not None]
            raise no_such("entity of people", name, people, company.name)
        key_of(entity, key)
        return Topic("person", about)

    def render(self, topic: Topic) -> Rendered:
        """What changed last, each subject with the number of its latest entry."""
        name, _, key = topic.about.partition("/")
        entity = entity_of(self._office.company, name)
        ref = Ref(name, "", key_text(entity.kind, key_of(entity, key)))
        with self._office.ledger.view() as view:
            number, person = feed.ends(view.connection).entry, view.find(ref)
            if person is None:
                data = _encode({"topic": topic.name, "subjects": []})
                return Rendered(number, data, missing=ref)
            ids = self._concerning(view, person)
            found = sorted(view.by_id(ids), key=lambda one: -one.latest)
            rests = frozenset(ids | feed.aliases(view.connection, ids))
        subjects = [
            {"entity": one.ref.entity, "key": one.ref.key, "number": one.latest}
            for one in found[:RECENT]
        ]
        data = _encode({"topic": topic.name, "subjects": subjects})
        wide = len(ids) >= CONCERNS
        pace = CHANGED_OFTEN if wide else 0.0
        return Rendered(number, data, rests, person=person.id, everything=wide, pace=pace)

    def _concerning(self, view: View, person: Found) -> set[int]:
        """The subjects from which a way leads to a person, those linked most closely first."""
        ids, looks = {person.id}, Seen(view)
        for node in self._reach.behind(looks, person.id):
            ids.update(
                self._reach.subjects_of(looks, node.subject, node.entity, DEPTH - node.links)
            )
            if len(ids) >= CONCERNS:
                break
        return ids


class Counters:
    """Renders ``counters``: how much is contradicted, set aside, put off and being repaired.

    Args:
        office: The office.
    """

    def __init__(self, office: Office) -> None:
        self._office = office

    def topic(self, about: str, channel: str) -> Topic:  # noqa: ARG002 - it is the same in each
        """All counters.

        Raises:
            NoSuchName: Only some were asked for.
        """
        if about:
            raise NoSuchName(
                f"There are no counters {about!r}.", fix="Write `counters`, which are all."
            )
        return Topic("counters")

    def render(self, topic: Topic) -> Rendered:
        """All counts, of one moment."""
        with self._office.ledger.view() as view:
            number, counts = feed.ends(view.connection).entry, view.counts()
            incidents = len(view.incidents())
            repairs = self._office.repair_counts()
        data = _encode(
            {
                "topic": topic.name,
                "contradictions": counts.contradictions,
                "incidents": incidents,
                "asides": counts.asides,
                "put_off": counts.put_off,
                "repairs": repairs,
            }
        )
        return Rendered(number, data, everything=True, pace=COUNTED_EVERY)
