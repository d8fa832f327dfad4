"""Signatures in the docs: each is that of the code."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
from enum import Enum
from typing import Any

import pytest

from .pages import PAGES, PUBLIC, Block, read


class Raw(str):
    """Text that is shown as it stands."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def real_signature(thing: Any) -> str:
    """The signature of something that can be called, as one writes it."""
    found = inspect.signature(thing)
    named = vars(sys.modules[thing.__module__])

    def written(value: object) -> Raw:
        if inspect.isclass(value):
            return Raw(value.__name__)
        if inspect.isfunction(value):
            return Raw("..." if value.__name__ == "<lambda>" else value.__name__)
        if isinstance(value, Enum):
            return Raw(value)
        if isinstance(value, tuple):
            return Raw(repr(tuple(map(written, value))))
        constants = (name for name, known in named.items() if known is value and name.isupper())
        return Raw(next(constants, repr(value)))

    parameters = [
        p.replace(
            annotation=Raw(p.annotation) if p.annotation is not p.empty else p.empty,
            default=p.default if p.default is p.empty else written(p.default),
        )
        for p in found.parameters.values()
        if p.name not in {"self", "cls"}
    ]
    gives = Raw(found.return_annotation)
    empty = inspect.isclass(thing) or found.return_annotation is inspect.Signature.empty
    return str(
        inspect.Signature(parameters, return_annotation=inspect.Signature.empty if empty else gives)
    )


def parsed(signature: str) -> ast.FunctionDef:
    """A signature as a function that does nothing."""
    (function,) = ast.parse(f"def _{signature.strip()}: ...").body
    assert isinstance(function, ast.FunctionDef)
    return function


def same_signature(told: str, real: str) -> bool:
    """Whether two signatures are one; ``...`` is told for a default that says nothing."""
    one, other = parsed(told), parsed(real)
    for mine, theirs in (
        (one.args.defaults, other.args.defaults),
        (one.args.kw_defaults, other.args.kw_defaults),
    ):
        for place, default in enumerate(mine):
            silent = isinstance(default, ast.Constant) and default.value is ...
            if silent and place < len(theirs) and theirs[place] is not None:
                mine[place] = theirs[place]  # type: ignore[assignment]
    return ast.dump(one) == ast.dump(other)


SIGNATURES = [
    block
    for page in PAGES
    for block in read(page)[1]
    if block.language == "python" and "no-run" in block.marks
]


@pytest.mark.parametrize("block", SIGNATURES, ids=lambda b: b.text.partition("(")[0])
def test_every_signature_is_the_real_one(block: Block) -> None:
    """A signature in the docs is that of the code: its names, its types, its defaults."""
    name, _, rest = block.text.partition("(")
    thing: Any = PUBLIC if name.partition(".")[0] in PUBLIC else None
    if thing is None:
        module, _, name = name.rpartition(".")
        thing = vars(importlib.import_module(module))
    first, *others = name.split(".")
    thing = thing[first]
    for other in others:
        thing = getattr(thing, other)
    real = real_signature(thing)

    assert same_signature(f"({rest}", real), f"{block.page.name}:{block.line}: it is {name}{real}"


@pytest.mark.parametrize(
    ("told", "real", "same"),
    [
        ("(a: int, *, b: str = '') -> int", "(a: int, *, b: str = '') -> int", True),
        ("(a: int = ...)", "(a: int = 7)", True),
        ("(a: int)", "(b: int)", False),
        ("(a: int)", "(a: str)", False),
        ("(a: int = 7)", "(a: int = 8)", False),
        ("(a: int = ...)", "(a: int)", False),
        ("(a: int)", "(*, a: int)", False),
        ("() -> int", "()", False),
    ],
)
def test_signatures_that_differ_are_found(told: str, real: str, *, same: bool) -> None:
    """Another name, type, default, place or result is another signature."""
    assert same_signature(told, real) is same
