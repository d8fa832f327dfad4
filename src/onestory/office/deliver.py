"""Delivering: what happened, to each endpoint in order, signed, again until it is taken; one process to each.

Source: Standard Webhooks 1.0.0 (signatures, the times of trying again, 410 that disables).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

from ..channel.push import push
from ..errors import LedgerError, OnestoryError
from ..intake import secret_of, signature
from ..ledger import Entry, Ledger
from ..ledger import hooks as rows
from ..ledger.hooks import HELD_FOR, HookRow
from ..remedy.holder import holder_name, is_gone
from .happened import event_of, happened, id_of, kind_of

LOOKED_AGAIN = 0.5
"""Seconds after which it is looked again what happened: as often as for what is due."""

ENTRIES = 500
"""Entries that are looked through at once for what an endpoint wants."""

KEPT_EVERY = 10_000
"""Entries that none of it wants after which it is kept how far an endpoint was looked: so many are looked
through again after a restart at most."""

TRIED_AGAIN = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after which a delivery is tried again, in turn: those of Standard Webhooks, three days in all. Then
the endpoint is disabled."""

JITTER = 0.2
"""How much later than that it may be, as a part of it, so that endpoints that failed together are not all
tried at once."""

ENDED_WITHIN = 1.0
"""Seconds that deliveries under way are given once they are told to stop; what was not kept by then is
delivered again."""

_YES, _GONE = 2, 410


class Delivered(NamedTuple):
    """What became of one delivery.

    Args:
        taken: Whether the endpoint took it.
        status: What it answered; 0 if it did not.
        why: Why it was not taken.
    """

    taken: bool
    status: int
    why: str


class Deliverer:
    """Delivers for one process.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._holder = holder_name()
        self._looked: dict[int, int] = {}

    def run(self, stop: threading.Event, *, private: bool) -> None:
        """Deliver until told to stop; each endpoint by a thread of its own, while there is anything for it.

        Args:
            stop: Set it to stop.
            private: Whether addresses inside may be pushed to.
        """
        under_way: dict[int, threading.Thread] = {}
        while not stop.is_set():
            with suppress(LedgerError):  # it is looked again in a moment
                for row in self._due():
                    if row.number in under_way and under_way[row.number].is_alive():
                        continue
                    name = f"deliver {row.number}"
                    one = threading.Thread(
                        target=self._deliver_to, args=(row, stop, private), name=name, daemon=True
                    )
                    under_way[row.number] = one
                    one.start()
            stop.wait(LOOKED_AGAIN)
        for one in under_way.values():
            one.join(ENDED_WITHIN / len(under_way))

    def turn(self, *, private: bool) -> int:
        """Deliver what can be delivered now, to one endpoint after the other; how many that were."""
        due = self._due()
        for row in due:
            self._deliver_to(row, threading.Event(), private)
        return len(due)

    def test(self, row: HookRow, *, private: bool) -> Delivered:
        """Push a test."""
        now = self._ledger.now()
        id = f"{self._ledger.id}-test-{now}"  # noqa: A001 - the attribute's name in CloudEvents
        body = event_of(id, self._ledger.id, "test", now, {"hook": row.number})
        return self._push(row, id, body, private=private)

    def _due(self) -> list[HookRow]:
        """The endpoints for which something has happened, and that are not held by another process."""
        now = self._ledger.now()
        with self._ledger.view() as view:
            last = view.last_entry()
            found = [
                row
                for row in rows.every(view)
                if row.disabled is None
                and row.moment <= now
                and self._after(row) < last
                and not self._held_by_another(row, now)
            ]
        return [row for row in found if self._following(row) is not None]

    def _after(self, row: HookRow) -> int:
        """The last entry of which it is known that an endpoint need not be told."""
        return max(row.reached, self._looked.get(row.number, 0))

    def _following(self, row: HookRow) -> Entry | None:
        """The next entry that an endpoint wants; None if there is none yet."""
        after = self._after(row)
        while True:
            with self._ledger.view() as view:
                page = rows.entries_after(view, after, ENTRIES)
            for entry in page:
                if kind_of(entry) in row.wants:
                    self._looked[row.number] = entry.number - 1
                    return entry
            if page:
                after = self._looked[row.number] = page[-1].number
            if len(page) < ENTRIES:
                if after - row.reached >= KEPT_EVERY:
                    self._keep_looked(row, after)
                return None

    def _keep_looked(self, row: HookRow, after: int) -> None:
        """Keep how far an endpoint was looked for, though there was nothing for it."""
        held = self._taken(row.number)
        if held is not None:
            held.reached = max(held.reached, after)
            self._keep(held, release=True)

    def _deliver_to(self, row: HookRow, stop: threading.Event, private: bool) -> None:  # noqa: FBT001 - a thread's argument
        """Deliver to one endpoint what it was not told yet, until it fails or there is nothing more."""
        with suppress(LedgerError):  # the ledger is busy or closed: it is delivered again
            held = self._taken(row.number)
            if held is None:
                return
            for entry in self._each(held, stop):
                id = id_of(self._ledger.id, entry.number)  # noqa: A001 - as CloudEvents calls it
                body = happened(entry, self._ledger.id, with_values=held.with_values)
                delivered = self._push(held, id, body, private=private)
                if delivered.taken:
                    held.reached, held.tries, held.failing, held.reason = entry.number, 0, None, ""
                else:
                    self._failed(held, entry, delivered)
                if not self._keep(held, release=not delivered.taken) or not delivered.taken:
                    return
            self._keep(held, release=True)

    def _each(self, row: HookRow, stop: threading.Event) -> Iterator[Entry]:
        while not stop.is_set():
            entry = self._following(row)
            if entry is None:
                return
            yield entry

    def _taken(self, number: int) -> HookRow | None:
        """An endpoint that this process delivers to from now on; None if another does."""
        with self._ledger.batch() as batch:
            row = rows.one(batch, number)
            if row is None or row.disabled is not None or row.moment > batch.known:
                return None
            if self._held_by_another(row, batch.known):
                return None
            rows.hold(batch, number, self._holder)
            row.holder, row.held = self._holder, batch.known + HELD_FOR
            return row

    def _held_by_another(self, row: HookRow, now: int) -> bool:
        if row.held is None or row.held < now or row.holder in {None, self._holder}:
            return False
        return not is_gone(row.holder or "")

    def _keep(self, row: HookRow, *, release: bool) -> bool:
        """Keep how far the delivery has come; whether this process may go on."""
        with self._ledger.batch() as batch:
            row.holder = None if release else self._holder
            row.held = None if release else batch.known + HELD_FOR
            return rows.move(batch, row, self._holder)

    def _push(self, row: HookRow, id: str, body: bytes, *, private: bool) -> Delivered:  # noqa: A002 - as CloudEvents calls it
        """Push a signed body once."""
        now = self._ledger.now() // 1_000_000
        signed = [signature(key, id, now, body) for one in row.secrets if (key := secret_of(one))]
        headers = {
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "onestory",
            "webhook-id": id,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(signed),
        }
        try:
            status, said = push(row.url, body, headers, private=private)
        except OnestoryError as error:
            return Delivered(taken=False, status=0, why=error.what)
        if status // 100 == _YES:
            return Delivered(taken=True, status=status, why="")
        return Delivered(
            taken=False, status=status, why=f"It answered {status}: {said or 'nothing'}"
        )

    def _failed(self, row: HookRow, entry: Entry, delivered: Delivered) -> None:
        """Put a delivery off, or give the endpoint up."""
        now = self._ledger.now()
        row.reason, row.failing = delivered.why, row.failing or now
        if delivered.status == _GONE or row.tries >= len(TRIED_AGAIN):
            row.disabled = now
        else:
            wait = TRIED_AGAIN[row.tries] * (1 + JITTER * _chance(row, entry))
            row.moment = now + int(wait * 1_000_000)
            row.tries += 1


def _chance(row: HookRow, entry: Entry) -> float:
    """A part of one, another for each endpoint, entry and try, and the same each time it is asked."""
    drawn = sha256(f"{row.number} {entry.number} {row.tries} {row.made}".encode()).digest()
    return int.from_bytes(drawn[:4]) / 2**32
