"""A timeline: what became known of a subject and all that is linked to it, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ..agreement import Agreements
from ..clock import moment
from ..ledger import Entry, Found, View
from ..ledger.history import Line
from ..ledger.journal import Journal
from ..model import Company, DeclaredEntity, key_parts
from .step import form_text, step_text


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline, as a person reads it.

    Args:
        number: The ledger entry's number; the next page begins before the last one.
        known: When it became known.
        kind: ``heard``, ``opened``, ``settled``, ``done`` or ``told``.
        subject: The subject, as ``Contract C-1042``.
        party: Who spoke, who differs or who was told.
        sentence: What happened.
        hash: The entry's hash, in hexadecimal: the proof.
    """

    number: int
    known: datetime
    kind: str
    subject: str
    party: str
    sentence: str
    hash: str


def around(view: View, company: Company, found: Found) -> list[int]:
    """A subject, its aliases, what it is linked to and what is linked to it."""
    near = {found.id, *view.linked_to(found.id)}
    for number in tuple(near):
        near.update(target for _, target in view.links_from(number))
        near.update(view.aliases_of(number))
    known = {entity.ref.entity for entity in view.by_id(near)}
    people = {e.name for e in _entities(company) if e.one_of is not None}
    if known & people and found.ref.entity in people:
        others = [f.id for f in view.by_id(near) if f.ref.entity in people and f.id != found.id]
        near.difference_update(others)
    return sorted(near)


def events(
    view: View,
    company: Company,
    agreements: Agreements,
    found: Found,
    *,
    before: int,
    known: int,
    limit: int,
) -> list[Event]:
    """A page of a subject's timeline.

    Args:
        view: The ledger.
        company: The company.
        agreements: Its agreements.
        found: The subject.
        before: Only entries with a smaller number.
        known: Only entries known by this moment, in microseconds.
        limit: How many.
    """
    entries = view.timeline(around(view, company, found), before=before, known=known, limit=limit)
    return _events(agreements, entries)


def events_of_person(
    view: View,
    company: Company,
    agreements: Agreements,
    found: Found,
    *,
    before: int,
    known: int,
    limit: int,
) -> list[Event]:
    """A page of a person's timeline: what was told to them, and what happened around them.

    What names another person is left out, and so are the repairs that told another.

    Args:
        view: The ledger.
        company: The company.
        agreements: Its agreements.
        found: The person.
        before: Only entries with a smaller number.
        known: Only entries known by this moment, in microseconds.
        limit: How many.
    """
    subjects = {*around(view, company, found), *view.told_about(found.id)}
    repairs: dict[int, int] = {}

    def concerns(entry: Entry) -> bool:
        if entry.body.get("person", found.ref.key) != found.ref.key:
            return False
        number = entry.body.get("repair") if entry.kind == "done" else None
        if number is None:
            return True
        if number not in repairs:
            row = Journal(view.connection).repairs([number]).get(number)
            repairs[number] = 0 if row is None else row.person
        return repairs[number] in (0, found.id)

    entries = view.timeline(
        sorted(subjects), before=before, known=known, wanted=concerns, limit=limit
    )
    return _events(agreements, entries)


def while_linked(view: View, agreements: Agreements, alias: Found, limit: int) -> list[Event]:
    """What was done and told about the subjects that a system's own name meant, while it did.

    Args:
        view: The ledger.
        agreements: The company's agreements.
        alias: The name.
        limit: How many, the newest.
    """
    entries = [
        entry
        for means, linked, unlinked in view.meanings(alias.id)
        for found in view.by_id([means])
        for entry in view.past(found, after=linked)
        if entry.kind in ("done", "told") and (unlinked is None or entry.number <= unlinked)
    ]
    return _events(agreements, sorted(entries, key=lambda entry: -entry.number)[:limit])


def _events(agreements: Agreements, entries: Iterable[Entry]) -> list[Event]:
    return [
        Event(
            e.number,
            moment(e.known),
            e.kind,
            _subject(agreements, e),
            e.party,
            "; ".join(_sentences(agreements, e)),
            e.hash.hex(),
        )
        for e in entries
    ]


def subject_text(entity: str, key: str, alias_of: str = "", *, parts: int = 1) -> str:
    """A subject as a person reads it: ``Contract C-1042``.

    Args:
        entity: Its entity.
        key: Its key, as text.
        alias_of: The system whose own name for it that is, if it is one.
        parts: How many parts the entity's keys have.
    """
    if alias_of:
        return f"{entity} called {key} by {alias_of}"
    return " ".join((entity, *key_parts(key, parts=parts)))


def value_text(agreements: Agreements, entity: str, fact: str, form: object) -> str:
    """A JSON form as a person reads it."""
    if form is None:
        return "(empty)"
    if isinstance(form, bool):
        return "yes" if form else "no"
    if isinstance(form, dict):
        return ", ".join(str(part) for part in form.values() if part is not None)
    if entity in agreements and fact in agreements.of(entity).facts:
        declared = agreements.of(entity).facts[fact].declared
        value = declared.form.read(form)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(form)


def _sentences(agreements: Agreements, entry: Entry) -> Iterator[str]:
    body = entry.body
    text = partial(value_text, agreements, entry.entity)
    if entry.kind == "opened":
        said = f"says {text(body['fact'], body['said'])}" if "said" in body else "has said nothing"
        person = f" {body['person']}" if "person" in body else ""
        yield (
            f"{body['fact']}: {body['authority']} decided {text(body['fact'], body['decided'])}, "
            f"{body['follower']}{person} {said}; due {moment(body['due']):%Y-%m-%d %H:%M} UTC"
        )
    elif entry.kind == "settled":
        yield f"{body['fact']} in {body['follower']}: {body['how']}"
    elif entry.kind == "told":
        for fact, form in body.get("told", {}).items():
            yield f"{fact} = {text(fact, form)}, to {body.get('person', 'the channel')} by {body['channel']}"
        if "reference" in body:
            yield f"reference {body['reference']}"
    elif entry.kind == "done":
        yield _done(body)
    else:
        for fact, form in body.get("says", {}).items():
            before = body.get("behind", {}).get(fact)
            late = " (came late)" if before is not None and before > Line(entry, "").order else ""
            yield f"{fact} = {text(fact, form)}{_when(body.get('times', {}).get(fact))}{late}"
        yield from _other_words(entry)


def _done(body: dict[str, Any]) -> str:
    """What was done in a repair, or became of it."""
    if "undelivered" in body:
        return f"the message {body['undelivered']} did not arrive: {body['because']}"
    repair = f"repair {body['repair']}"
    if "held back" in body:
        return f"{repair}: the message is held back by the rule: {body['held back']}"
    if "retried" in body:
        return f"{repair}: {body['retried']} lets it go on"
    if "resolved" in body:
        return f"{repair}: {body['by']} says that the last step was {body['resolved']}"
    if "ended" in body:
        team = f" to {body['to']}" if "to" in body else ""
        by = f", says {body['by']}" if "by" in body else ""
        return f"{repair}: {body['ended']}{team}{by}: {body['because']}"
    asked, answered = body["asked"], body.get("answered")
    came = "" if answered is None else f", answered {form_text(answered)}"
    return f"{repair}: {step_text(body['step'], asked)}{came}"


def _other_words(entry: Entry) -> Iterator[str]:
    """What a heard entry says that is no claim."""
    body = entry.body
    for excuse in body.get("declares", ()):
        yield f"{excuse['fact']} may differ in {excuse['follower']}: {excuse['because']}"
    for fact in body.get("ends", ()):
        yield f"says {fact} no longer"
    if "means" in body:
        yield f"means {entry.entity} {body['means']}"
    for word in ("disputes", "disputes no longer", "arms", "disarms"):
        if word in body:
            yield f"{word} {body[word]}"
    for fact, passed in body.get("passes", {}).items():
        yield f"authority over {fact} {'passes on' if passed else 'comes back'}"


def _when(times: list[int | None] | None) -> str:
    if not times:
        return ""
    since, until = times
    parts = [f"from {moment(since):%Y-%m-%d %H:%M} UTC"] if since is not None else []
    parts += [f"until {moment(until):%Y-%m-%d %H:%M} UTC"] if until is not None else []
    return f" {' '.join(parts)}"


def _subject(agreements: Agreements, entry: Entry) -> str:
    known = entry.entity in agreements
    parts = len(agreements.of(entry.entity).declared.key_parts) if known else 1
    return subject_text(entry.entity, entry.key, entry.alias_of, parts=parts)


def _entities(company: Company) -> tuple[DeclaredEntity, ...]:
    return company.declared(DeclaredEntity)
