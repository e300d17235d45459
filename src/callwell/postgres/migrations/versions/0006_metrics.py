"""Figures by hour, day, week and month."""

from callwell.postgres.migrations import run_statements_of

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_statements_of(__file__)
