"""What all tests share: hypothesis profiles, the long run, and the databases that ledgers are kept on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from .ledger.kept import kept_on_postgresql
from .ledger.postgres_server import needed

settings.register_profile(
    "usual",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
    # A change is judged by examples that stay the same; new ones are sought by hand and on long runs.
    derandomize=bool(os.environ.get("CI")),
)
settings.register_profile("fewer", settings.get_profile("usual"), max_examples=12)
settings.register_profile(
    "long", settings.get_profile("usual"), max_examples=2_000, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ON_BOTH = {"agreement", "auth", "ledger", "live", "office", "remedy", "story", "test_hostile"}
"""Folders, and a module, whose tests are about any ledger. One that is about SQLite itself is marked so."""
ALWAYS_ON_BOTH = {
    "test_histories",
    "test_properties",
    "test_repairs",
    "test_tellings",
    "test_incidents",
}
ALWAYS_ON_BOTH |= {"test_sessions", "test_keys", "test_throttle"}
ALWAYS_ON_BOTH |= {"test_once", "test_asides", "test_aliases", "test_people", "test_pulls"}
"""Of these, the modules that every run tests on both; the rest are on long runs, or when asked for."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long`` runs what takes more than a commit's patience; ``--database`` chooses what it runs on."""
    parser.addoption("--long", action="store_true", help="run long tests and many examples, too")
    parser.addoption(
        "--database",
        choices=(SQLITE, POSTGRESQL),
        help="keep ledgers on this alone; by default on SQLite, and some or all tests on both",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Many examples on a long run."""
    if config.getoption("--long"):
        settings.load_profile("long")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of any ledger on each database."""
    *_, folder, _ = metafunc.module.__name__.split(".")
    kinds = [SQLITE]
    config, name = metafunc.config, metafunc.module.__name__.rpartition(".")[2]
    about_sqlite = any(mark.name == SQLITE for mark in metafunc.definition.iter_markers())
    if ON_BOTH & {folder, name} and not about_sqlite:
        if config.getoption("--database"):
            kinds = [config.getoption("--database")]
        elif config.getoption("--long") or name in ALWAYS_ON_BOTH:
            kinds = [SQLITE, POSTGRESQL]
    if kinds != [SQLITE]:
        metafunc.parametrize("kept_on", kinds, indirect=True)


@pytest.fixture(autouse=True)
def kept_on(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database that this test's ledgers are kept on, whichever address it names."""
    kind = getattr(request, "param", SQLITE)
    if kind == SQLITE:
        yield kind
        return
    needed()
    long = request.config.getoption("--long")
    settings.load_profile("usual" if long else "fewer")
    try:
        with kept_on_postgresql():
            yield kind
    finally:
        settings.load_profile("long" if long else os.environ.get("HYPOTHESIS_PROFILE", "usual"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out, unless they are asked for."""
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="takes long; run it with --long")
        for item in items:
            if "long" in item.keywords:
                item.add_marker(skip)
