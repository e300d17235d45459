"""What staff search by: words of names, titles of rooms, and how calls went."""

from callwell.postgres.migrations import run_statements_of

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_statements_of(__file__)
