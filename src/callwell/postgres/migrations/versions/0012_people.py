"""People over years."""

from callwell.postgres.migrations import run_statements_of

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_statements_of(__file__)
