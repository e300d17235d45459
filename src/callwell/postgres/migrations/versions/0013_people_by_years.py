"""People by quarters and years."""

from callwell.postgres.migrations import run_statements_of

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_statements_of(__file__)
