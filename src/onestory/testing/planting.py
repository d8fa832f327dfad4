"""Planting: a defect is put into the kernel for one storm, and taken out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

Planting = Callable[[], AbstractContextManager[None]]

MUTANTS: dict[str, Planting] = {}
"""Every planted defect by its name."""


@contextmanager
def planted(*swaps: tuple[Any, str, Any]) -> Iterator[None]:
    """Put defects in the place of what is right: the owner, the name, what stands there instead."""
    with ExitStack() as after:
        for owner, name, wrong in swaps:
            after.callback(setattr, owner, name, owner.__dict__[name])
            setattr(owner, name, wrong)
        yield


def mutant(name: str, *swaps: tuple[Any, str, Callable[[Any], Any]]) -> None:
    """Name a defect: each swap is given what is right, and makes of it what is wrong."""

    def plant() -> AbstractContextManager[None]:
        return planted(*((owner, at, make(owner.__dict__[at])) for owner, at, make in swaps))

    MUTANTS[name] = plant


def always(value: Any) -> Callable[[Any], Any]:
    """What was a function gives always the same."""
    return lambda _right: lambda *_args, **_more: value
