"""${message}"""

from callwell.postgres.migrations import run_statements_of

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run_statements_of(__file__)
