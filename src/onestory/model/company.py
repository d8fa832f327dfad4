"""A company: the root that every declaration hangs from."""

from __future__ import annotations

import difflib
import importlib
import sys
from datetime import tzinfo
from types import FrameType
from typing import Any, Protocol, TypeVar

from ..errors import DeclarationError, DeclaredTooLate, DeclaredTwice, NoSuchName
from .sentence import sayable
from .zone import zone_of

CAUTIOUS = (
    "Our systems do not agree on this yet. We are putting it right; the next word is at {next}."
)
"""What every channel says of a fact that is late, contradicted or disputed, unless told otherwise."""

UNKNOWN = "We do not know this yet."
"""What every channel says of a fact that nobody who decides it has spoken of, unless told otherwise."""


class Declaration(Protocol):
    """Anything that a company.py declares."""

    @property
    def name(self) -> str:
        """What it is called; unique among declarations of its kind."""
        ...

    @property
    def where(self) -> str:
        """Where it is declared, as ``file:line``."""
        ...


D = TypeVar("D", bound=Declaration)


class Company:
    """A company: its systems and people, what they know, and whom they tell.

    Args:
        name: What the company is called, in its ledger and in what it tells.
        zone: The zone that its people are told times in: a name of the IANA database, like
            ``Europe/Berlin``, or the zone itself.
        cautious: The sentence every channel says while a fact is not settled. ``{next}`` is when
            the next word is: the time with its zone, and its day if that is another;
            ``{next:%H:%M}`` writes it so.
        unknown: The sentence every channel says of a fact that is not known yet. It promises
            no time, since nobody has said when they will know.
    """

    def __init__(
        self,
        name: str,
        *,
        zone: str | tzinfo = "UTC",
        cautious: str = CAUTIOUS,
        unknown: str = UNKNOWN,
    ) -> None:
        self.name, self.where = name, here()
        self.zone = zone_of(zone, where=self.where)
        self.cautious = sayable(cautious, "next", where=self.where)
        self.unknown = sayable(unknown, where=self.where)
        self._module = caller().f_globals.get("__name__", "")
        self._declared: dict[tuple[type, str], Declaration] = {}
        self._by_kind: dict[type, tuple[Any, ...]] = {}
        self._open = False

    def add(self, declaration: Declaration) -> None:
        """Take in a declaration. The declarations call this themselves.

        Raises:
            DeclaredTwice: Another declaration of this kind has this name.
            DeclaredTooLate: The company was already opened.
        """
        if self._open:
            raise DeclaredTooLate(
                f"{declaration.name!r} was declared after {self.name} was opened.",
                where=declaration.where,
                fix="Declare everything when company.py is imported, then call onestory.open().",
            )
        kind = type(declaration)
        other = self._declared.setdefault((kind, declaration.name), declaration)
        if other is not declaration:
            raise DeclaredTwice(
                f"{self.name} already has a {kind.__name__.lower()} named {declaration.name!r}.",
                where=f"{other.where} and again at {declaration.where}",
                fix="Leave one of them out, or give it another name.",
            )

    def declared(self, kind: type[D]) -> tuple[D, ...]:
        """Everything declared of one kind, in the order of declaration."""
        known = self._by_kind.get(kind)
        if known is None:
            known = tuple(d for d in self._declared.values() if isinstance(d, kind))
            if self._open:  # nothing is declared any more
                self._by_kind[kind] = known
        return known

    def find(self, kind: type[D], name: str) -> D:
        """The declaration of one kind that has this name.

        Raises:
            NoSuchName: There is none; the error names the nearest ones.
        """
        for declaration in self.declared(kind):
            if declaration.name == name:
                return declaration
        raise no_such(kind.__name__.lower(), name, [d.name for d in self.declared(kind)], self.name)

    def close_declarations(self) -> None:
        """Take no more declarations; called when the company is opened."""
        self._open = True

    def __repr__(self) -> str:
        return f"Company({self.name!r})"

    def __reduce__(self) -> tuple[object, ...]:
        for name, value in vars(sys.modules.get(self._module, object)).items():
            if value is self:
                return (_in_module, (self._module, name))
        raise DeclarationError(
            f"{self!r} cannot be pickled: no module holds it by name.",
            where=self.where,
            fix=f"Bind it to a name at the top of its module:  acme = {self!r}",
        )


def _in_module(module: str, name: str) -> object:
    return getattr(importlib.import_module(module), name)


def no_such(kind: str, name: str, known: list[str], company: str) -> NoSuchName:
    """The error for a name that nothing has, with a guess at what was meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    fix = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(sorted(known)) or 'none'}."
    return NoSuchName(f"{company} has no {kind} named {name!r}.", fix=fix)


def here() -> str:
    """Where the company's own code made this declaration, as ``file:line``."""
    frame = caller()
    return f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}"


def caller() -> FrameType:
    """The innermost frame outside onestory: the company's own code."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads every file of the stack
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("onestory."):
        frame = frame.f_back
    return frame
