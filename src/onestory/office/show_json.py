"""Documents for programs: each answer as one line of JSON, with names that stay as they are.

Times are ISO 8601 in UTC; values are written as the ledger keeps them. A fact of which no value may
be told has no ``value``, which differs from null: *said to be empty*.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..errors import OnestoryError
from ..ledger import Aside, Copied, Finding
from ..model import Change, DeclaredEntity, Entity, Fact, Followed, Money, Telling
from ..story import Event, Explanation
from .contradicted import Contradicted, Page
from .hearing import Fate, Receipt
from .loading import Loaded
from .repaired import Confirmed, Repaired


def document_of(error: OnestoryError) -> str:
    """An error as a document."""
    return _json({"code": error.code, "what": error.what, "where": error.where, "fix": error.fix})


class Documents:
    """Writes each answer as one document on standard output."""

    def loaded(self, loaded: Loaded, contradictions: int) -> None:
        """What became of the messages of some files."""
        reasons = [
            {"count": count, "id": receipt.id} | _reason(receipt)
            for count, receipt in loaded.reasons.values()
        ]
        _write(_fates(loaded.fates) | {"reasons": reasons, "open": contradictions})

    def story(
        self, entity: DeclaredEntity, told: Entity, facts: Sequence[Fact[Any]], channel: str | None
    ) -> None:
        """A subject's story: as one channel tells it, or with what every party says."""
        story: Any = told.__story__
        parties = channel is None
        facts_told = {fact.name: _telling(told[fact], parties=parties) for fact in facts}
        about = {"entity": entity.name, "key": story.key, "channel": channel, "at": story.at}
        _write(about | {"facts": facts_told})

    def timeline(self, subject: str, events: Sequence[Event], limit: int) -> None:
        """What became known of a subject and all that is linked to it."""
        before = events[-1].number if len(events) == limit else None
        _write({"subject": subject, "events": events, "before": before})

    def contradictions(self, page: Page, *, rows: bool) -> None:
        """Contradictions: what is open in all, incidents, then one by one."""
        names = ("entity", "fact", "follower", "open")
        document: dict[str, Any] = {
            "open": page.open,
            "by_fact": [dict(zip(names, count, strict=True)) for count in page.counts],
            "incidents": [
                {
                    "incident": one.number,
                    "authority": one.authority,
                    "follower": one.follower,
                    "silent": one.silent,
                    "silent_since": one.silent_since,
                    "open": one.members,
                    "since": one.since,
                    "opened": one.opened,
                    "first": one.first,
                }
                for one in page.incidents
            ],
        }
        if rows:
            document["contradictions"] = [_contradicted(one) for one in page.rows]
            document["after"] = page.after
        _write(document)

    def explanation(self, e: Explanation, repairs: Sequence[Repaired]) -> None:
        """Why a contradiction is or was open."""
        _write(
            {
                "number": e.number,
                "subject": e.subject,
                "fact": e.fact,
                "about": e.about,
                "sentence": e.sentence,
                "standing": e.standing,
                "authority": e.cause.authority,
                "follower": e.cause.follower,
                "fault": e.cause.fault,
                "silent_since": e.cause.silent_since,
                "decided": e.decided,
                "followed": e.followed,
                "since": e.since,
                "due": e.due,
                "opened": e.opened,
                "settled": e.settled,
                "how": e.how,
                "others": e.others,
                "heard_by": e.heard_by,
                "repairs": [_repaired(one) for one in repairs],
            }
        )

    def asides(self, counts: Mapping[str, int], rows: Sequence[Aside], after: int | None) -> None:
        """Messages that are set aside, each with its reason."""
        asides = [
            {
                "number": one.message,
                "source": one.source,
                "id": one.id,
                "type": one.type,
                "code": one.code,
                "what": one.what,
                "where": one.place,
                "fix": one.fix,
                "known": one.known,
            }
            for one in rows
        ]
        _write({"counts": counts, "asides": asides, "after": after})

    def replayed(self, receipts: Sequence[Receipt]) -> None:
        """What became of messages that were read again."""
        _write(_fates({fate: sum(r.fate is fate for r in receipts) for fate in Fate}))

    def plan(self, company: str, changes: Sequence[Change], *, fresh: bool) -> None:
        """What opening a company on a ledger would change."""
        safe = all(change.safe for change in changes)
        _write({"company": company, "fresh": fresh, "safe": safe, "changes": changes})

    def remedies(self, remedies: Mapping[str, bool], about: Mapping[str, str]) -> None:
        """Which remedies may run, and what each does; None where none is declared."""
        rows = [
            {"name": name, "armed": armed, "about": about.get(name)}
            for name, armed in remedies.items()
        ]
        _write({"remedies": rows})

    def repairs(
        self, counts: Mapping[str, int], rows: Sequence[Repaired], after: int | None
    ) -> None:
        """Repairs, each with what it is for and how it stands."""
        _write({"counts": counts, "repairs": [_repaired(one) for one in rows], "after": after})

    def repair(self, one: Repaired, would: str) -> None:
        """One repair: what it did, step by step, and what it would do next."""
        _write(_repaired(one) | {"would": would})

    def confirmed(self, reference: str, found: Confirmed | None) -> None:
        """Whether a message is ours."""
        ours: dict[str, Any] = {} if found is None else found._asdict()
        told = {name: str(value) for name, value in ours.pop("told", {}).items()}
        _write({"reference": reference, "ours": found is not None} | ours | {"told": told})

    def books(self, balances: Mapping[str, Sequence[Money]]) -> None:
        """The balance of every account."""
        _write({account: [str(amount) for amount in sums] for account, sums in balances.items()})

    def verified(
        self, company: str, head: Mapping[str, int | str], findings: Sequence[Finding]
    ) -> None:
        """Whether a ledger holds, and where it ends."""
        names = {name.replace(" ", "_"): value for name, value in head.items()}
        found = [finding._asdict() for finding in findings]
        _write({"company": company, "holds": not findings, **names, "findings": found})

    def copied(self, copied: Copied) -> None:
        """What was copied, and where it is now."""
        _write(copied._asdict())

    def version(self, versions: Mapping[str, str]) -> None:
        """Which versions these are."""
        _write(versions)


def _telling(telling: Telling[Any], *, parties: bool) -> dict[str, Any]:
    write = telling.fact.form.write
    told: dict[str, Any] = {"value": write(telling.said[0])} if telling.said else {}
    told |= {
        "standing": telling.standing,
        "decided_by": telling.decided_by,
        "since": telling.since,
        "as_of": telling.as_of,
        "sentence": telling.sentence,
        "next_word": telling.next_word,
    }
    if parties:
        told["followers"] = [_followed(telling.fact, one) for one in telling.followers]
    return told


def _followed(fact: Fact[Any], followed: Followed) -> dict[str, Any]:
    says = {} if followed.as_of is None else {"says": fact.form.write(followed.said)}
    return {
        "party": followed.party,
        "person": followed.person or None,
        **says,
        "standing": followed.standing,
        "as_of": followed.as_of,
        "since": followed.since,
        "due": followed.due,
    }


def _contradicted(one: Contradicted) -> dict[str, Any]:
    row, told = one.row, {}
    if row.settled is None and one.telling is not None and one.fact is not None:
        write = one.fact.form.write
        told = {"decided": write(one.telling.said[0])} if one.telling.said else {}
        if one.followed is not None and one.followed.as_of is not None:
            told["said"] = write(one.followed.said)
    return {
        "number": row.number,
        "subject": one.subject,
        "entity": row.entity,
        "key": row.key,
        "fact": row.fact,
        "follower": row.follower,
        "person": row.person or None,
        **told,
        "standing": one.standing,
        "since": row.since,
        "due": row.due,
        "opened": row.opened,
        "silent_since": row.silent_since,
        "settled": row.settled,
        "how": row.how,
    }


def _fates(fates: Mapping[Fate, int]) -> dict[str, Any]:
    return {
        "messages": sum(fates.values()),
        "heard": fates[Fate.HEARD],
        "repeated": fates[Fate.REPEATED],
        "known": fates[Fate.KNOWN],
        "set_aside": fates[Fate.ASIDE],
    }


def _reason(receipt: Receipt) -> dict[str, str]:
    error = receipt.reason
    return {} if error is None else msgspec.json.decode(document_of(error), type=dict[str, str])


def _write(document: Mapping[str, Any]) -> None:
    sys.stdout.write(_json(document) + "\n")


def _json(document: Mapping[str, Any]) -> str:
    return msgspec.json.encode(document, enc_hook=str).decode()


def _repaired(one: Repaired) -> dict[str, Any]:
    steps = [step._asdict() for step in one.steps]
    return one._asdict() | {"state": one.state.value, "steps": steps}
