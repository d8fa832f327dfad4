"""Declarations as a debugger and an error show them: by kind and name."""

from __future__ import annotations

from typing import Any

import pytest

from onestory import Channel, Company, Entity, Fact, Key, People, System

acme = Company("Acme")
shop = System("web shop", of=acme)
customers = People("customers", of=acme)
desk = Channel("agent desk", of=acme)


class Order(Entity, of=acme):
    """What somebody bought."""

    no: Key[str]
    note: Fact[str] = shop.decides()


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        (acme, "Company('Acme')"),
        (shop, "System('web shop')"),
        (customers, "People('customers')"),
        (desk, "Channel('agent desk')"),
        (Order.note, "<Fact Order.note>"),
    ],
)
def test_a_declaration_shows_itself_by_name(declared: Any, shown: str) -> None:
    """Whoever reads a failing test sees which one it was."""
    assert repr(declared) == shown
