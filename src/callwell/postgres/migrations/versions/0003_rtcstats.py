"""Sessions of rtcstats clients and their entries."""

from callwell.postgres.migrations import run_statements_of

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_statements_of(__file__)
