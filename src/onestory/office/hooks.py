"""Endpoints of other programs: added, listed, tested, removed; and the thread that delivers to them."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ..channel.push import checked_url
from ..clock import moment
from ..errors import NoSuchName, NotAllowed
from ..intake import secret_of
from ..ledger import hooks as rows
from ..ledger.hooks import HookRow
from .deliver import Delivered, Deliverer
from .happened import KINDS
from .opened import Opened

MAX_HOOKS = 100
"""Endpoints of one ledger: each may take a thread while it is delivered to, so that a slow one holds up no
other. Whoever has more listeners tells one program that tells them."""

SECRETS = 2
"""Secrets that what is sent to an endpoint is signed with at most: the new one, and the one before."""


class Hook(NamedTuple):
    """An endpoint that is told what happens.

    Args:
        number: Its number.
        url: Where it is told.
        wants: What it is told of.
        with_values: Whether it is told the values, too.
        made: When it was added.
        made_by: Who added it.
        reached: The number of the last entry that it was told, or had no wish to be.
        behind: How many entries there are after that.
        failing: Since when it fails; None if it does not.
        tries: How often the next delivery has failed.
        next: When it is tried again; None unless it fails.
        reason: Why it failed last, or was disabled.
        disabled: When it was disabled; nothing is delivered since.
    """

    number: int
    url: str
    wants: tuple[str, ...]
    with_values: bool
    made: datetime
    made_by: str
    reached: int
    behind: int
    failing: datetime | None
    tries: int
    next: datetime | None
    reason: str
    disabled: datetime | None


class Hooks(Opened):
    """The part of an office that tells other programs."""

    def __init__(self, *opened: Any) -> None:
        super().__init__(*opened)
        self.private_hooks = False
        self._deliverer = Deliverer(self.ledger)

    def hooks(self) -> list[Hook]:
        """All endpoints, by number."""
        with self.ledger.view() as view:
            last = view.last_entry()
            return [_shown(row, last) for row in rows.every(view)]

    def hook(self, number: int) -> Hook:
        """One endpoint.

        Raises:
            NoSuchName: There is none of this number.
        """
        found = [hook for hook in self.hooks() if hook.number == number]
        if not found:
            raise _no_such_hook(number)
        return found[0]

    def add_hook(
        self,
        url: str,
        *,
        wants: Iterable[str] | None = None,
        with_values: bool = False,
        secret: str = "",
        by: str,
    ) -> tuple[Hook, str]:
        """Tell a program what happens from now on; its endpoint, and the secret that only it and we know.

        Args:
            url: Where it is told.
            wants: What it is told of: some of ``KINDS``; all, if left out.
            with_values: Whether it is told the values, too, and not only which facts.
            secret: What it is told is signed with: ``whsec_`` and base64; made anew, if left out.
            by: Who adds it; it is kept.

        Raises:
            NotAllowed: The address may not be pushed to, nothing of this is ever told, the secret is
                none, or there are too many endpoints.
        """
        checked_url(url, private=self.private_hooks)
        asked = set(KINDS if wants is None else wants)
        if not asked or not asked <= set(KINDS):
            named = ", ".join(sorted(asked - set(KINDS))) or "Nothing"
            raise NotAllowed(
                f"{named:.100} is not what others are told of.",
                fix=f"Write some of {', '.join(KINDS)}.",
            )
        if secret and not secret_of(secret):
            raise NotAllowed(
                "The secret is not written as Standard Webhooks writes it.",
                fix="Write whsec_ and at least one byte in base64, or leave it out.",
            )
        secret = secret or _new_secret()
        with self.writing() as batch:
            if len(batch.connection.rows("hooks")) >= MAX_HOOKS:
                raise NotAllowed(
                    f"There are {MAX_HOOKS} endpoints already.",
                    fix="Remove one, or let one program tell the others.",
                )
            begins = (batch.known, by, batch.last_entry, 0, batch.known)
            wanted = [kind for kind in KINDS if kind in asked]
            row = HookRow(
                0, url, [secret], wanted, with_values, *begins, None, "", None, None, None
            )
            row.number = rows.add(batch, row)
        return _shown(row, row.reached), secret

    def change_hook_secret(self, number: int) -> str:
        """Sign what an endpoint is told with a new secret; with the one before, too, until the next change.

        Raises:
            NoSuchName: There is none of this number.
        """
        secret = _new_secret()
        with self.writing() as batch:
            row = rows.one(batch, number)
            if row is None:
                raise _no_such_hook(number)
            rows.sign_with(batch, number, [secret, *row.secrets][:SECRETS])
        return secret

    def remove_hook(self, number: int) -> None:
        """Tell an endpoint nothing more.

        Raises:
            NoSuchName: There is none of this number.
        """
        with self.writing() as batch:
            if not rows.remove(batch, number):
                raise _no_such_hook(number)

    def test_hook(self, number: int) -> Delivered:
        """Push a test to an endpoint; if it answers yes, what happened since it failed is delivered now.

        Raises:
            NoSuchName: There is none of this number.
        """
        with self.ledger.view() as view:
            row = rows.one(view, number)
        if row is None:
            raise _no_such_hook(number)
        delivered = self._deliverer.test(row, private=self.private_hooks)
        if delivered.taken and row.tries + (row.disabled or 0):
            with self.writing() as batch:
                rows.mend(batch, number)
        return delivered

    def deliver(self, stop: threading.Event) -> None:
        """Deliver what happens to all endpoints, until told to stop.

        Of several processes that do so, one delivers to each endpoint. What an endpoint was told when a
        process died is told again, under the same id.

        Args:
            stop: Set it to stop.
        """
        self._deliverer.run(stop, private=self.private_hooks)


def _shown(row: HookRow, last: int) -> Hook:
    return Hook(
        row.number,
        row.url,
        tuple(row.wants),
        row.with_values,
        moment(row.made),
        row.made_by,
        row.reached,
        last - row.reached,
        None if row.failing is None else moment(row.failing),
        row.tries,
        moment(row.moment) if row.tries and row.disabled is None else None,
        row.reason,
        None if row.disabled is None else moment(row.disabled),
    )


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _no_such_hook(number: int) -> NoSuchName:
    return NoSuchName(f"There is no endpoint {number}.", fix="GET /hooks lists all there are.")
