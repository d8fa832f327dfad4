"""Metrics, as Prometheus reads them: what this process did, and how the ledger stands."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from ...clock import stopwatch
from ...errors import OnestoryError
from ...model import System
from ..hearing import Fate, Receipt
from ..office import Office

KEPT_FOR = 1.0
"""Seconds for which what was read of the ledger is told again: however many ask, it is read once a
second at most."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds that requests and commits are counted by: 0.2 is promised of a page, 2 of a detection."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are counted by name; a caller may invent others, and no series is made of each."""

MEDIA_TYPE = CONTENT_TYPE_LATEST
"""What the page of metrics is called."""


class Metrics:
    """The metrics of one process, in a registry of their own.

    Args:
        office: The office.
        streams: How many live streams are open; asked when metrics are.
        workers: How many threads work beside the requests; asked when metrics are.
    """

    def __init__(self, office: Office, streams: Any, workers: Any) -> None:
        to = self.registry = CollectorRegistry()
        self._requests = Counter(
            "onestory_requests", "Requests answered.", ["method", "route", "status"], registry=to
        )
        self._took = Histogram(
            "onestory_request_seconds",
            "How long answers took.",
            ["route"],
            buckets=BUCKETS,
            registry=to,
        )
        self._messages = Counter(
            "onestory_messages", "Messages, by what became of them.", ["fate"], registry=to
        )
        self._hearing = Histogram(
            "onestory_hearing_seconds",
            "How long it took to hear messages and commit them, by transaction.",
            buckets=BUCKETS,
            registry=to,
        )
        self._refused = Counter(
            "onestory_hearing_refused", "Transactions that the ledger refused.", registry=to
        )
        self.registry.register(_Standing(office, streams, workers))
        ProcessCollector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request; of a stream, how long it lasted says nothing."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        if seconds is not None:
            self._took.labels(route).observe(seconds)

    @contextmanager
    def hearing(self) -> Iterator[list[Receipt]]:
        """Count what becomes of the messages of one transaction, and how long it takes."""
        receipts: list[Receipt] = []
        began = stopwatch()
        try:
            yield receipts
        except BaseException:
            self._refused.inc()
            raise
        self._hearing.observe(stopwatch() - began)
        fates = [receipt.fate for receipt in receipts]
        for fate in Fate:
            count = fates.count(fate)
            if count:
                self._messages.labels(fate.value).inc(count)

    def page(self) -> bytes:
        """All metrics, as text."""
        return generate_latest(self.registry)


class _Standing(Collector):
    """How the ledger stands, read by one view when it is asked for, and kept for a second."""

    def __init__(self, office: Office, streams: Any, workers: Any) -> None:
        self._office, self._streams, self._workers = office, streams, workers
        self._lock = threading.Lock()
        self._read: Sequence[Metric] = ()
        self._read_at = -KEPT_FOR

    def collect(self) -> Iterable[Metric]:
        """What there is to tell."""
        yield _gauge("onestory_live_streams", "Live streams that are open.", self._streams())
        yield _gauge(
            "onestory_workers_alive", "Threads that work beside the requests.", self._workers()
        )
        with self._lock:
            now = stopwatch()
            if now - self._read_at >= KEPT_FOR:
                self._read, self._read_at = tuple(self._ledger()), now
        yield from self._read

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that the ledger is not read before anybody asks."""
        return ()

    def _ledger(self) -> Iterator[Metric]:
        readable, office = "onestory_ledger_readable", self._office
        about = "Whether the ledger could be read."
        try:
            with office.ledger.view() as view:
                counts, incidents = view.counts(), len(view.incidents())
                heard, now = view.links_heard(), office.ledger.now()
                repairs = office.repair_counts()
        except OnestoryError:
            yield _gauge(readable, about, 0)
            return
        yield _gauge(readable, about, 1)
        yield _gauge("onestory_ledger_entries", "Entries of the ledger.", counts.entries)
        yield _gauge(
            "onestory_contradictions", "Contradictions that are open.", counts.contradictions
        )
        yield _gauge("onestory_incidents", "Incidents that are open.", incidents)
        yield _gauge("onestory_asides", "Messages that are set aside.", counts.asides)
        yield _gauge("onestory_put_off", "Tasks that failed, and are tried again.", counts.put_off)
        family = GaugeMetricFamily("onestory_repairs", "Repairs, by state.", labels=["state"])
        for state, count in sorted(repairs.items()):
            family.add_metric([state], count)
        yield family
        silent = "onestory_system_silent_seconds"
        since = "Seconds since each system was heard; one never heard is not there."
        family = GaugeMetricFamily(silent, since, labels=["system"])
        for system in office.company.declared(System):
            if system.name in heard:
                family.add_metric([system.name], max(now - heard[system.name][0], 0) / 1_000_000)
        yield family


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
