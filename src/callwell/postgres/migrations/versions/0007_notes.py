"""Notes, encrypted."""

from callwell.postgres.migrations import run_statements_of

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_statements_of(__file__)
