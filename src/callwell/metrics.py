"""What we count about ourselves; read by Prometheus at ``/metrics``."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

REQUESTS = Counter("callwell_requests", "Requests answered.", ("method", "route", "status"))

REQUEST_SECONDS = Histogram(
    "callwell_request_seconds",
    "How long answers took.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

FACTS = Counter("callwell_facts", "Facts taken in, by who they were from and what became of them.", ("writer", "outcome"))

JOINS = Counter("callwell_joins", "Join attempts, by the code of their refusal, or `allowed`.", ("code",))

SOCKETS = Gauge("callwell_sockets", "Sockets that are open.", ("kind",))

WAITING_FACTS = Gauge("callwell_waiting_facts", "Facts that wait to be written.")

DATABASE_CONNECTIONS = Gauge("callwell_database_connections", "Connections to the database, by what they do.", ("state",))

MEDIA_TYPE = CONTENT_TYPE_LATEST


def render() -> bytes:
    """All figures in Prometheus' text format."""
    return generate_latest()
