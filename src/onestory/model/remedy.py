"""Remedies: what a company does when a follower of a fact has not followed, as it declares them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from ..errors import DeclarationError
from .company import here
from .durations import duration
from .fact import Fact
from .party import Party, System

MAX_TRIES = 100
"""Tries of one step: at an hour between two, four days; who waits longer wants a person."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a step is tried, and how long between two tries.

    Args:
        tries: How often in all, the first included.
        first: The pause after the first try.
        factor: By how much each pause is longer than the one before.
        most: The longest pause.
        jitter: The part of a pause that differs from repair to repair, so that not all that failed
            together try again together: 0.2 is up to a fifth more.
    """

    tries: int = 5
    first: str | timedelta = "30 s"
    factor: float = 2.0
    most: str | timedelta = "1 h"
    jitter: float = 0.2

    def __post_init__(self) -> None:
        if not (1 <= self.tries <= MAX_TRIES and self.factor >= 1 and 0 <= self.jitter <= 1):
            raise DeclarationError(
                f"{self!r} is no patience.",
                where=here(),
                fix=f"Write 1 to {MAX_TRIES} tries, a factor of 1 or more, a jitter from 0 to 1.",
            )
        duration(self.first)
        duration(self.most)

    def pause(self, tried: int, key: str) -> timedelta:
        """The pause after so many tries.

        Args:
            tried: How often it was tried, from 1 on.
            key: The step's key, of which the jitter is made: the same for the same step, always.
        """
        first, most = duration(self.first), duration(self.most)
        grown = min(first * min(self.factor ** (tried - 1), 2.0**40), most)
        digest = sha256(f"{key} {tried}".encode()).digest()
        return grown * (1 + self.jitter * int.from_bytes(digest[:4]) / 2**32)


MEMBERS = 10
"""Open contradictions of one link and one window that its incident remedy is begun for."""

PATIENT = Patience()
"""The patience of a remedy that declares none: five tries in some eight minutes."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A company's remedy for one fact in one follower, or for the incidents of a system.

    Args:
        follower: The party that has not followed.
        fact: The fact; None for incidents.
        run: The company's function of a repair.
        patience: How often its steps are tried.
        where: Where it is declared.
        version: A hash of the function's source: a repair goes on only with what it began with.
        members: How many contradictions an incident has when this is begun.
    """

    follower: Party
    fact: Fact[Any] | None
    run: Callable[[Any], None]
    patience: Patience
    where: str
    version: str
    members: int = 0

    @property
    def name(self) -> str:
        """The remedy's name, as ``onestory arm`` takes it: ``billing/Contract.renewed_until``.

        That of a remedy for incidents is the system's own: ``billing``.
        """
        return self.follower.name if self.fact is None else f"{self.follower.name}/{self.fact}"

    @property
    def about(self) -> str:
        """What it does, in its author's words: the first line of its docstring."""
        return (self.run.__doc__ or self.run.__name__.replace("_", " ")).strip().split("\n")[0]


def declare_remedy(
    follower: Party, fact: Fact[Any], run: Callable[[Any], None], patience: Patience
) -> Remedy:
    """Declare a remedy.

    Raises:
        DeclarationError: The party does not follow the fact.
        DeclaredTwice: The fact has a remedy in this follower already.
    """
    if follower not in [f.party for f in fact.followers]:
        raise DeclarationError(
            f"{follower.name} does not follow {fact}, so nothing can be remedied there.",
            where=here(),
            fix=f"Name one of its followers: {fact.follower_names}.",
        )
    remedy = Remedy(follower, fact, run, patience, here(), source_version(run))
    fact.authority.company.add(remedy)
    return remedy


def declare_incident_remedy(
    system: System, run: Callable[[Any], None], patience: Patience, members: int
) -> Remedy:
    """Declare a remedy for the incidents of a system.

    Raises:
        DeclarationError: An incident has two members or more.
        DeclaredTwice: The system has one already.
    """
    if members <= 1:
        raise DeclarationError(
            f"{members} is no number of contradictions that one action could remedy.",
            where=here(),
            fix=f"Write members=2 or more; {MEMBERS}, if left out.",
        )
    remedy = Remedy(system, None, run, patience, here(), source_version(run), members)
    system.company.add(remedy)
    return remedy


def source_version(run: Callable[..., Any]) -> str:
    """A hash of a function's source, without its place in the file; of its code, where none is kept."""
    try:
        text = inspect.cleandoc(inspect.getsource(run)).encode()
    except (OSError, TypeError):
        code = run.__code__
        text = repr((code.co_code, code.co_consts, code.co_names)).encode()
    return sha256(text).hexdigest()[:16]
