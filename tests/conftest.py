"""What all tests share: hypothesis profiles, and the long run."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "usual",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
    # A change is judged by examples that stay the same; new ones are sought by hand and on long runs.
    derandomize=bool(os.environ.get("CI")),
)
settings.register_profile(
    "long", settings.get_profile("usual"), max_examples=2_000, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long`` runs what takes more than a commit's patience."""
    parser.addoption("--long", action="store_true", help="run long tests and many examples, too")


def pytest_configure(config: pytest.Config) -> None:
    """Many examples on a long run."""
    if config.getoption("--long"):
        settings.load_profile("long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out, unless they are asked for."""
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="takes long; run it with --long")
        for item in items:
            if "long" in item.keywords:
                item.add_marker(skip)
