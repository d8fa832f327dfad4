"""How a step of a repair is written for a person to read: what was asked, and what came back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def form_text(form: Any) -> str:
    """A JSON form whose type nobody here knows, as a person reads it."""
    if form is None:
        return "(empty)"
    if isinstance(form, bool):
        return "yes" if form else "no"
    if isinstance(form, dict):
        return named_text(form)
    if isinstance(form, list):
        return ", ".join(form_text(part) for part in form)
    return str(form)


def named_text(parts: dict[str, Any]) -> str:
    """Parts, each after its name."""
    return ", ".join(f"{name.replace('_', ' ')} {form_text(part)}" for name, part in parts.items())


def step_text(name: str, asked: Any) -> str:
    """A step, with what was asked: ``SetPrice(C-1042, 39.90 EUR)``."""
    if letter := letter_of(asked):
        return f"{name} {letter['to']} by {letter['channel']}"
    given: Iterable[Any] = asked.values() if isinstance(asked, dict) else asked[0]
    named = {} if isinstance(asked, dict) else asked[1]
    parts = [form_text(part) for part in given]
    parts += [f"{word}={form_text(part)}" for word, part in named.items()]
    return f"{name}({', '.join(parts)})"


def asked_text(asked: Any) -> str:
    """What a step asks for, each part by its name where it has one; empty if nothing is asked."""
    if isinstance(asked, dict):
        return named_text(asked)
    given, named = asked
    return ", ".join(filter(None, (form_text(given), named_text(named))))


def letter_of(asked: Any) -> dict[str, Any] | None:
    """The message that a step sends to a person; None if it sends none."""
    if isinstance(asked, list) and isinstance(asked[0], dict):
        letter: dict[str, Any] = asked[1]
        return letter
    return None
