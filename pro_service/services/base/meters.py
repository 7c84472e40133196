"""What one process counts of its own work, for whoever watches it (Prometheus).

No label says anything about a person: a route is its name, never an address.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS: Final = (0.005, 0.02, 0.06, 0.15, 0.5, 2.0, 10.0)
"""Upper bounds of what is timed: 60 ms is the aim of a saved page."""
JOB_SECONDS: Final = (0.02, 0.1, 0.5, 2.0, 10.0, 60.0)


class Meters:
    """The counters of one process; each process shows its own."""

    def __init__(self, release: str = "") -> None:
        """Nothing is counted yet."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "pro_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "pro_request_seconds",
            "Seconds until a request was answered.",
            ("route",),
            registry=self.registry,
            buckets=SECONDS,
        )
        self._waits = Histogram(
            "pro_pool_wait_seconds",
            "Seconds waited for a connection to the database.",
            ("role",),
            registry=self.registry,
            buckets=SECONDS,
        )
        self._rounds = Counter(
            "pro_rounds",
            "Rounds of periodic work.",
            ("job", "outcome"),
            registry=self.registry,
        )
        self._round_seconds = Histogram(
            "pro_round_seconds",
            "Seconds a round of periodic work took.",
            ("job",),
            registry=self.registry,
            buckets=JOB_SECONDS,
        )
        Gauge("pro_release", "The release that runs.", ("release",), registry=self.registry).labels(
            release
        ).set(1)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def waited(self, role: str, seconds: float) -> None:
        """Somebody waited for a connection, in vain or not."""
        self._waits.labels(role).observe(seconds)

    def rounded(self, job: str, seconds: float, failed: bool) -> None:
        """A round of periodic work is over."""
        self._rounds.labels(job, "failed" if failed else "done").inc()
        self._round_seconds.labels(job).observe(seconds)

    def shown(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self.registry)
