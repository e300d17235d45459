"""Appointments, and settings that are overridden."""

from callwell.postgres.migrations import run_statements_of

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_statements_of(__file__)
