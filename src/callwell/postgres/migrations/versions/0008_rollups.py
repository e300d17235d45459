"""Figures of calls, connections, quality, people and appointments, ready to be read."""

from callwell.postgres.migrations import run_statements_of

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_statements_of(__file__)
