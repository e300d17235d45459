"""The day on which somebody was in a call first."""

from callwell.postgres.migrations import run_statements_of

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_statements_of(__file__)
