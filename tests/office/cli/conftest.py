"""The folder in which every command is typed, and a ledger in which billing is late."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .typed import ACME, BILLING_IS_LATE, COMPANY, RENEWALS, document, page


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a company of its own, in which every command is started."""
    (tmp_path / "acme_telecom.py").write_text(ACME)
    (tmp_path / "renewals.csv").write_text(RENEWALS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("ONESTORY_DB", raising=False)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


@pytest.fixture
def late(here: Path) -> int:
    """H1 in the ledger; the number of the contradiction."""
    (here / "events.jsonl").write_text(BILLING_IS_LATE)
    page("hear", COMPANY, "events.jsonl", "--replay")
    (one,) = document("contradictions", COMPANY)["contradictions"]
    number: int = one["number"]
    return number
