"""Quality by the hour of the day."""

from callwell.postgres.migrations import run_statements_of

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_statements_of(__file__)
