"""Quality: samples, how connections fare just now, and the reports of calls."""

from callwell.postgres.migrations import run_statements_of

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_statements_of(__file__)
