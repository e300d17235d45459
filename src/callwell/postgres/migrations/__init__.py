"""The revisions. What one does is the SQL file of its own name."""

from pathlib import Path

import psycopg
from alembic import op


def run_statements_of(revision_file: str) -> None:
    """Run the SQL that lies beside a revision's file, as it stands: a percent sign in it is one."""
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    connection.execute(Path(revision_file).with_suffix(".sql").read_bytes())
