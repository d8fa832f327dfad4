"""Documents on the command line: each answer as one line of JSON, with names that stay as they are."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..errors import OnestoryError
from ..ledger import Aside, Copied, Finding
from ..model import Change, DeclaredEntity, Entity, Fact, Money
from ..story import Event, Explanation
from . import documents
from .contradicted import Page
from .hearing import Receipt
from .loading import Loaded
from .pulled import Pulled
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
        fates = msgspec.structs.asdict(documents.heard(loaded.fates))
        _write(fates | {"reasons": reasons, "open": contradictions})

    def story(
        self, entity: DeclaredEntity, told: Entity, facts: Sequence[Fact[Any]], channel: str | None
    ) -> None:
        """A subject's story: as one channel tells it, or with what every party says."""
        _write(documents.story(entity, told, facts, channel))

    def timeline(self, subject: str, events: Sequence[Event], before: int | None) -> None:
        """What became known of a subject and all that is linked to it."""
        _write(documents.timeline(subject, events, before))

    def contradictions(self, page: Page, *, rows: bool) -> None:
        """Contradictions: what is open in all, incidents, then one by one."""
        _write(documents.contradictions(page, rows=rows))

    def explanation(self, e: Explanation, repairs: Sequence[Repaired]) -> None:
        """Why a contradiction is or was open."""
        _write(documents.explanation(e, repairs))

    def asides(self, counts: Mapping[str, int], rows: Sequence[Aside], after: int | None) -> None:
        """Messages that are set aside, each with its reason."""
        _write(documents.asides(counts, rows, after))

    def replayed(self, receipts: Sequence[Receipt]) -> None:
        """What became of messages that were read again."""
        _write(documents.replayed(receipts))

    def plan(self, company: str, changes: Sequence[Change], *, fresh: bool) -> None:
        """What opening a company on a ledger would change."""
        safe = all(change.safe for change in changes)
        _write({"company": company, "fresh": fresh, "safe": safe, "changes": changes})

    def listed(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """What there is of a kind, a row each."""
        _write({name: rows})

    def secret(self, name: str, secret: str, _: str) -> None:
        """Something that is shown once."""
        _write({name: secret})

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
        _write(documents.repairs(counts, rows, after))

    def repair(self, one: Repaired, would: str) -> None:
        """One repair: what it did, step by step, and what it would do next."""
        _write(documents.repair(one, would))

    def pulls(self, rows: Sequence[Pulled]) -> None:
        """Every pull, and how it fares; durations in seconds."""
        _write(documents.pulls(rows))

    def confirmed(self, reference: str, found: Confirmed | None) -> None:
        """Whether a message is ours."""
        _write(documents.ours(reference, found))

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


def _reason(receipt: Receipt) -> dict[str, str]:
    error = receipt.reason
    return {} if error is None else msgspec.json.decode(document_of(error), type=dict[str, str])


def _write(document: Any) -> None:
    sys.stdout.write(_json(document) + "\n")


def _json(document: Any) -> str:
    return documents.json_of(document).decode()
