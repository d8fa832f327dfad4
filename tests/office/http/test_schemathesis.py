"""The API holds what its description promises, whatever is asked: schemathesis asks it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from .asking import Gate, renewed

KEY = "the-key-of-the-test"
FREE = ("/healthz", "/readyz", "/static/")


def run(api: Any, *, examples: int, seed: int, **parameters: str) -> tuple[list[str], Counter[int]]:
    """Ask an API what schemathesis thinks of, by all its phases and checks.

    Args:
        api: The application, behind a gate.
        examples: How many for each route.
        seed: What they are drawn by.
        **parameters: What some parameters always are.

    Returns:
        What was wrong, and how often which status was answered.
    """
    load_all_checks()
    given = {
        "seed": seed,
        "generation": {"max-examples": examples},
        "headers": {"Authorization": f"Bearer {KEY}"},
        "parameters": {name.replace("_", "."): value for name, value in parameters.items()},
    }
    config = SchemathesisConfig.from_dict(given)
    headers = {"Authorization": f"Bearer {KEY}"}
    schema = schemathesis.openapi.from_asgi("/openapi.json", api, config=config, headers=headers)
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            wrong.append(f"{event.label}: {event.value}")
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.PhaseFinished) and event.status is Status.ERROR:
            wrong.append(f"{event.phase.name}: {event.status}")
        if isinstance(event, events.ScenarioFinished):
            wrong += failures_of(event)
            for one in event.recorder.interactions.values():
                if one.response is not None:
                    statuses[one.response.status_code] += 1
    return wrong, statuses


def failures_of(event: events.ScenarioFinished) -> list[str]:
    """What was wrong in one scenario, each with a line to ask it again by."""
    return [
        f"{event.recorder.label}: {check.failure_info.failure.message}\n{check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]


@pytest.mark.parametrize("key", ["", "C-1"], ids=["any key", "a key that is known"])
def test_whatever_is_asked_is_answered_as_described(key: str, pytestconfig: pytest.Config) -> None:
    """No question, well or badly put, is answered with a crash or with what no description tells."""
    many = pytestconfig.getoption("--long")
    with renewed() as (_, timeline, client):
        timeline.office.remedy()
        gate = Gate(client.app, KEY, FREE)
        wrong, statuses = run(
            gate, examples=300 if many else 5, seed=19, **({"path_key": key} if key else {})
        )

    assert wrong == []
    assert {200, 400, 401, 404, 405, 409, 415, 422} <= set(statuses)
    assert max(statuses) < 500
