"""The audit trail in order, and its seals."""

from callwell.postgres.migrations import run_statements_of

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_statements_of(__file__)
