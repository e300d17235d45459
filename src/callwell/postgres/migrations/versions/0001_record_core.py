"""The record core: access, rooms and invites, calls and their facts, audit, timers."""

from callwell.postgres.migrations import run_statements_of

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_statements_of(__file__)
