"""What people do about repairs: hand one over to its team, settle what it is for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..errors import NoSuchName, NotAllowed
from ..ledger import DONE, Batch, Draft
from ..ledger import journal as rows
from ..ledger.journal import Journal, RepairRow
from ..model import COMPANY, System
from .remedying import Remedies


class ByHand(Remedies):
    """The part of an office in which people remedy."""

    def hand_over(self, number: int, *, because: str, by: str) -> None:
        """Give a repair that is under way to the team of its follower: nothing more is done in it.

        A call that is being made is not undone: what comes of it is kept. The repair goes on by itself
        once something is heard about what it is for, or by ``retry``.

        Args:
            number: The repair.
            because: Why; it is kept, and the team reads it.
            by: Who says so.

        Raises:
            NoSuchName: There is no such repair.
            NotAllowed: It is not under way, or no reason is given.
        """
        if not because.strip():
            raise NotAllowed(
                "No reason is given why the repair is handed over.",
                fix='Write because="..." for the team that takes it.',
            )
        with self.writing() as batch:
            journal, row = self._row(batch, number)
            if row.state != rows.LIVE:
                raise NotAllowed(
                    f"Repair {number} is {row.state}: it is not under way.",
                    fix="Only a repair that is under way can be handed over.",
                )
            row.state, row.reason, row.moment, row.ended = (
                rows.HANDED_OVER,
                because,
                None,
                batch.known,
            )
            row.holder = row.held = None
            row.woken += 1  # what another process thought out before is not done
            journal.save(row)
            body: dict[str, Any] = {"repair": number, "ended": row.state, "because": because}
            remedy = self.repairing.remedies.get(row.remedy)
            follower = None if remedy is None else remedy.follower
            if isinstance(follower, System) and follower.team:
                body["to"] = follower.team
            batch.append(batch.by_id(row.subject), Draft(DONE, COMPANY, body | {"by": by}))

    def settle(self, number: int, *, because: str, until: datetime, by: str) -> None:
        """Declare that what a repair is for may differ, for a reason, until a moment.

        The contradiction is settled by that, and the repair ends, unless something was done in it that it
        must bring to an end.

        Args:
            number: The repair.
            because: The reason, in words that a customer could be told.
            until: The end, an aware datetime.
            by: Who says so.

        Raises:
            NoSuchName: There is no such repair.
            NotAllowed: It has ended, there is no reason, the end has passed, or no system follows.
        """
        with self.writing() as batch:
            _, row = self._row(batch, number)
            if row.state not in (rows.LIVE, rows.HANDED_OVER):
                raise NotAllowed(
                    f"Repair {number} is {row.state}: there is nothing left to settle.",
                    fix="Declare a difference for its subject, where one should be allowed from now on.",
                )
            ref = batch.by_id(row.subject).ref
            agreed = self._agreements.of(ref.entity) if ref.entity in self._agreements else None
            agreement = None if agreed is None else agreed.facts.get(row.fact)
            if agreement is None or row.follower not in [f.party for f in agreement.followers]:
                raise NotAllowed(
                    f"What repair {number} is for cannot be declared different: "
                    f"{row.follower} is no system that follows {row.fact or 'one fact'}.",
                    fix="Settle the repairs of single facts in systems; people are told instead.",
                )
            excuse = self._excuse(row.fact, row.follower, because, until, by)
            self.hearing.say(batch, COMPANY, ref=ref, excuses=[excuse])

    def _row(self, batch: Batch, number: int) -> tuple[Journal, RepairRow]:
        journal = Journal(batch.connection)
        row = journal.repairs([number]).get(number)
        if row is None:
            raise NoSuchName(
                f"No repair has the number {number}.",
                fix="`onestory repairs` lists them with their numbers.",
            )
        return journal, row
