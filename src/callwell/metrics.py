"""What we count about ourselves; read by Prometheus at ``/metrics``."""

from collections.abc import Iterable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

disable_created_metrics()

REQUESTS = Counter("callwell_requests", "Requests answered.", ("method", "route", "status"))

REQUEST_SECONDS = Histogram(
    "callwell_request_seconds",
    "How long answers took.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

SOCKETS = Gauge("callwell_sockets", "Sockets that are open.", ("kind",))

MEDIA_TYPE = CONTENT_TYPE_LATEST


class _Asked(Collector):
    """Figures that others keep, asked for when they are looked at."""

    def __init__(self, facts: Mapping[tuple[str, str], int], waiting_facts: int, database: Mapping[str, int]) -> None:
        self._facts = facts
        self._waiting_facts = waiting_facts
        self._database = database

    def collect(self) -> Iterable[Metric]:
        taken = CounterMetricFamily("callwell_facts", "Facts taken in, by who they were from and what became of them.", labels=("writer", "outcome"))
        for labels, count in self._facts.items():
            taken.add_metric(labels, count)
        yield taken
        yield GaugeMetricFamily("callwell_waiting_facts", "Facts that wait to be written.", self._waiting_facts)
        connections = GaugeMetricFamily("callwell_database_connections", "Connections to the database, by their state.", labels=("state",))
        for state, count in self._database.items():
            connections.add_metric((state,), count)
        yield connections


def render(*, facts: Mapping[tuple[str, str], int], waiting_facts: int, database: Mapping[str, int]) -> bytes:
    """All figures in Prometheus' text format: what is counted here, and what the ledger and the pool count themselves."""
    asked = CollectorRegistry()
    asked.register(_Asked(facts, waiting_facts, database))
    return generate_latest() + generate_latest(asked)
