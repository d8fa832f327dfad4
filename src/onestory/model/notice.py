"""Notices: what people are told of their own accord; and by what rules they may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time, timedelta, tzinfo
from enum import Enum
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta

from ..errors import DeclarationError, TwoCompanies
from .ability import Does, Send
from .channel import Channel
from .company import Company, here
from .durations import duration
from .entity import DeclaredEntity
from .fact import Fact
from .party import People
from .zone import zone_of


class Purpose(Enum):
    """Why people are told: what is allowed depends on it."""

    SAFETY = "safety"
    """Harm is to be kept from them: it goes at once, at any hour, whatever they asked."""
    SERVICE = "service"
    """What they bought changes: in permitted hours, unless they said they do not want it."""
    SALES = "sales"
    """They might buy: only if they said they may be called, in permitted hours, and seldom."""


_TEMPLATES = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)  # noqa: S701 - texts, no pages
_ALWAYS = ("company", "person", "key", "reference", "sentence", "corrects")


class Notice:
    """What people are told when facts they follow change: one message for one subject.

    Every message begins with the company, the purpose and the reference; the text is what comes
    after. In ``subject`` and ``text``, which are Jinja2 templates, each fact stands by its name
    with its decided value, beside ``company``, ``person``, ``key``, ``reference``, ``sentence``
    (what is to be said while systems do not agree) and ``corrects`` (whether they were told
    otherwise before).

    Args:
        name: What its authors call it.
        of: The company.
        to: The people who are told.
        tells: The facts it tells, all of one entity, which these people follow.
        by: The channels it may go by, the first that reaches the person before the others.
        subject: The line above the text.
        text: The text.
        purpose: Why they are told.
        quiet: How long the facts must have been unchanged before it goes: bursts are waited out.

    Raises:
        DeclarationError: A template cannot be read or names what it is not given; the facts are
            not followed by these people; a channel cannot send.
    """

    def __init__(
        self,
        name: str,
        *,
        of: Company,
        to: People,
        tells: Sequence[Fact[Any]],
        by: Sequence[Channel],
        subject: str,
        text: str,
        purpose: Purpose = Purpose.SERVICE,
        quiet: str | timedelta = "1 min",
    ) -> None:
        self.name, self.company, self.to, self.purpose, self.where = name, of, to, purpose, here()
        self.tells, self.by, self.quiet = tuple(tells), tuple(by), duration(quiet)
        self._check()
        known = (*_ALWAYS, *(fact.name for fact in self.tells))
        self.subject, self.text = subject, text
        self._subject = _template(subject, known, self.where)
        self._text = _template(text, known, self.where)
        of.add(self)

    def render(self, values: Mapping[str, Any]) -> tuple[str, str]:
        """The subject and the text of one message.

        Raises:
            DeclarationError: The template failed on these values.
        """
        try:
            subject = " ".join(self._subject.render(values).split())
            text = self._text.render(values).strip()
        except Exception as error:
            raise DeclarationError(
                f"The notice {self.name!r} cannot be written: {type(error).__name__}: {error}.",
                where=self.where,
                fix="Let the template take every value that its facts may have.",
            ) from error
        first = (
            f"{values['company']}, {self.purpose.value} message, reference {values['reference']}"
        )
        return subject, f"{first}\n\n{text}\n"

    def _check(self) -> None:
        if not self.tells or not self.by:
            raise DeclarationError(
                f"The notice {self.name!r} tells nothing, or by no channel.",
                where=self.where,
                fix="Name the facts in tells=[...] and the channels in by=[...].",
            )
        for fact in self.tells:
            if fact.authority.company is not self.company or self.to.company is not self.company:
                raise TwoCompanies(
                    f"The notice {self.name!r} mixes companies.",
                    where=self.where,
                    fix="Declare people, facts and the notice of= the same company.",
                )
            if (
                self.to not in [f.party for f in fact.followers]
                or fact.entity is not self.tells[0].entity
            ):
                raise DeclarationError(
                    f"{self.to.name} are not told {fact} by the notice {self.name!r}.",
                    where=self.where,
                    fix=f"Declare it with {self.to.name}.follows(within=...), and tell facts of one "
                    "entity in one notice.",
                )
        for channel in self.by:
            hidden = [
                f.path
                for f in self.tells
                if channel.shows is not None and f.path not in channel.shows
            ]
            if hidden:
                raise DeclarationError(
                    f"{channel.name} does not show {', '.join(hidden)}, which {self.name!r} tells.",
                    where=self.where,
                    fix="Add it to shows=[...] of that channel.",
                )
            if channel.sends is None or channel.address is None:
                raise DeclarationError(
                    f"Nothing can be sent by {channel.name}.",
                    where=channel.where,
                    fix="Declare it with by= the system that sends, and address= the fact that holds "
                    "where a person is reached by it.",
                )


class ContactPolicy:
    """By what rules people may be contacted. A company has one; a strict one, if it declares none.

    Args:
        of: The company.
        quiet: From when until when, in the person's own zone, nobody is disturbed;
            ``("20:00", "08:00")``, if left out.
        zone: The fact that holds a person's zone, as an IANA name.
        zones: The zones in which people live whose own is not known: it must be a permitted hour in
            all of them. The company's own, if left out.
        consent: The fact that says whether a person may be contacted for a purpose. For sales it
            must be so; for service it must not be denied; safety does not ask.
        at_most: How many messages of a purpose a person gets in a time: ``(1, "7 d")``.

    Raises:
        DeclarationError: The hours or a zone cannot be read; safety asks for consent.
    """

    name = "contact policy"

    def __init__(
        self,
        *,
        of: Company,
        quiet: tuple[str, str] | None = None,
        zone: Fact[Any] | None = None,
        zones: Sequence[str | tzinfo] = (),
        consent: Mapping[Purpose, Fact[bool]] | None = None,
        at_most: Mapping[Purpose, tuple[int, str | timedelta]] | None = None,
    ) -> None:
        self.company, self.where = of, here()
        begins, ends = quiet or QUIET
        self.quiet = _hour(begins, self.where), _hour(ends, self.where)
        self.zone = zone
        self.zones = tuple(zone_of(z, where=self.where) for z in zones) or (of.zone,)
        self.consent = dict(consent or {})
        self.at_most = {p: (n, duration(within)) for p, (n, within) in (at_most or SELDOM).items()}
        if any(most < 1 for most, _ in self.at_most.values()):
            raise DeclarationError(
                "At most no message at all is no rule of how many.",
                where=self.where,
                fix="Write 1 or more; leave out the notices that nobody is to get.",
            )
        if Purpose.SAFETY in self.consent:
            raise DeclarationError(
                "Safety does not ask for consent.",
                where=self.where,
                fix="Leave Purpose.SAFETY out of consent=, or send it for another purpose.",
            )
        of.add(self)


def policy_of(company: Company) -> ContactPolicy:
    """A company's rules of contact; the strict ones, if it declared none.

    Called when a company is opened, before it takes no more declarations.
    """
    found = company.declared(ContactPolicy)
    return found[0] if found else ContactPolicy(of=company)


def check_contact(company: Company) -> None:
    """See that what a company declares about messages fits together; called when it is opened.

    Raises:
        DeclarationError: A system that should send messages cannot; or an address, a zone or a
            consent is no fact of the people who are told.
    """
    members = {e.kind: e.one_of for e in company.declared(DeclaredEntity) if e.one_of is not None}
    senders = [does.system for does in company.declared(Does) if does.ability is Send]
    for notice in company.declared(Notice):
        for channel in notice.by:
            if channel.sends is not None and channel.sends not in senders:
                raise DeclarationError(
                    f"{channel.sends.name} cannot send what {notice.name!r} tells by {channel.name}.",
                    where=channel.where,
                    fix=f"Declare how it sends, with @does({channel.sends.name}, Send).",
                )
            if channel.address is not None and members.get(channel.address.entity) is not notice.to:
                raise DeclarationError(
                    f"{channel.address} is no address of {notice.to.name}, whom {notice.name!r} tells.",
                    where=channel.where,
                    fix=f"Name a fact of the entity that is declared with one_of={notice.to.name}.",
                )
    for policy in company.declared(ContactPolicy):
        for fact in (policy.zone, *policy.consent.values()):
            if fact is not None and fact.entity not in members:
                raise DeclarationError(
                    f"{fact} is not a fact of people, so it says nothing of when to contact them.",
                    where=policy.where,
                    fix="Name a fact of an entity that is declared with one_of= people.",
                )


QUIET = ("20:00", "08:00")
"""When nobody is disturbed, unless a company says otherwise: the night, and the evening."""

SELDOM: Mapping[Purpose, tuple[int, str | timedelta]] = {Purpose.SALES: (1, "7 d")}
"""How many messages of a purpose a person gets, unless a company says otherwise: one offer a week."""


def _template(text: str, known: Sequence[str], where: str) -> Template:
    try:
        wanted = meta.find_undeclared_variables(_TEMPLATES.parse(text))
        made = _TEMPLATES.from_string(text)
    except TemplateError as error:
        raise DeclarationError(
            f"The template {text!r:.60} cannot be read: {error}.",
            where=where,
            fix="Write Jinja2: {{ renewed_until }}, {% if corrects %}...{% endif %}.",
        ) from error
    unknown = sorted(wanted.difference(known))
    if unknown:
        raise DeclarationError(
            f"The template {text!r:.60} names {', '.join(unknown)}, which it is not given.",
            where=where,
            fix=f"It is given {', '.join(known)}.",
        )
    return made


def _hour(written: str, where: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", written)
    try:
        return time(int(match[1]), int(match[2])) if match else time.fromisoformat(written)
    except ValueError as error:
        raise DeclarationError(
            f"{written!r} is not an hour.", where=where, fix='Write it as "20:00".'
        ) from error
