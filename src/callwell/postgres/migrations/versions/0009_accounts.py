"""People who sign in to the console."""

from callwell.postgres.migrations import run_statements_of

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_statements_of(__file__)
