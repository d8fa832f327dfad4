"""Strategies for Hypothesis: what they give, and what they say where Hypothesis is missing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestory import Company, Money
from onestory.model import form_of
from onestory.testing import Timeline
from onestory.testing.strategies import companies, values, words

ROOT = Path(__file__).resolve().parents[2]


class Plan(Enum):
    """What a customer pays for."""

    SMALL = "small"
    LARGE = "large"


class Address(msgspec.Struct, frozen=True):
    """Where things are sent."""

    street: str
    floor: int | None


@dataclass(frozen=True)
class Span:
    """From how much to how much."""

    least: Decimal
    most: Money


HINTS: list[Any] = [str, int | None, Plan, Plan | None, Literal["a", "b"], Address, Span]


@given(st.data(), st.sampled_from(HINTS))
def test_values_are_those_that_a_fact_of_the_type_holds(data: st.DataObject, hint: Any) -> None:
    """Whatever is drawn can be written by the fact's form, and is read again as it was."""
    value = data.draw(values(hint))
    form = form_of(hint, where="test_strategies.py")

    assert form.read(form.write(value)) == value


def test_a_type_that_no_fact_holds_has_no_values() -> None:
    """It is said at once, and by name."""
    with pytest.raises(TypeError, match="No values are known of <class 'bytes'>"):
        values(bytes)


@given(st.data(), companies())
def test_what_parties_say_can_be_heard(data: st.DataObject, company: Company) -> None:
    """Each word is of a fact that its party decides or follows, and the ledger holds after it."""
    said = data.draw(words(company))
    with Timeline(company) as timeline:
        for word in said:
            timeline.says(word.party, word.fact, word.key, word.value, sequence=word.sequence)

        assert timeline.office.counts().asides == 0
        assert timeline.office.verify(dossiers=True) == []


def test_without_hypothesis_the_extra_is_named() -> None:
    """Three lines: what is missing, for which Python, and what to install."""
    script = "import sys; sys.modules['hypothesis'] = None; import onestory.testing.strategies"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.stderr.splitlines()[-3:] == [
        "onestory.errors.NotInstalled: onestory.testing.strategies needs Hypothesis, which is not installed.",
        f"  for {sys.executable}",
        "  Install it with its extra:  pip install 'onestory[testing]'",
    ]


def test_the_extra_that_is_named_brings_hypothesis() -> None:
    """And onestory itself does not need it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert [p.split(">")[0] for p in project["optional-dependencies"]["testing"]] == ["hypothesis"]
    assert not any(p.startswith("hypothesis") for p in project["dependencies"])


def test_the_rest_of_testing_needs_no_hypothesis() -> None:
    """A timeline works without the extra."""
    script = "import sys; sys.modules['hypothesis'] = None; import onestory.testing"
    env = {"PYTHONPATH": str(ROOT / "src")}

    subprocess.run([sys.executable, "-c", script], env=env, check=True)
