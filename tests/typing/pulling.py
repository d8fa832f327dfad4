"""A source of a company's own, and the ready ones, as every type checker reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import assert_type

from onestory import (
    Asked,
    Company,
    NotPulled,
    Office,
    Page,
    Pulled,
    PullState,
    Source,
    System,
    files_of,
    items_of,
    message,
    rows_of,
)

acme = Company("Acme Telecom")
billing = System("billing", of=acme)


class Ledgers:
    """A source of the company's own."""

    name = "ledgers"
    whole = True

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Give one page."""
        assert_type(asked.cursor, str | None)
        assert_type(asked.now, datetime)
        if asked.sweep:
            raise NotPulled("It is closed at night.", fix="Wait for the morning.")
        yield Page([message(asked.system, asked.type, {}, id="1")], None, ("no",))


own: Source = Ledgers()
table: Source = rows_of(lambda: sqlite3.connect("b.db"), "sales.contract", key=("no", "line"))
shop: Source = items_of("https://" + "shop", since="since", cursor="changed", headers=dict)
folder: Source = files_of("in", "*.csv", rest="1 min")
for number, source in enumerate((own, table, shop, folder)):
    billing.pulls(source, type="row", every="1 min", sweep_every="1 h", name=f"pull {number}")


def ask(office: Office) -> None:
    """Say what each answer about pulls is."""
    assert_type(office.pulls(), list[Pulled])
    assert_type(office.pull_due("billing", at_once=True, sweep=True), list[Pulled])
    assert_type(office.next_pull(), datetime | None)
    for one in office.pulls():
        assert_type(one.state, PullState)
        assert_type(one.error, tuple[str, str, str, str] | None)
