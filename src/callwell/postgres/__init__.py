"""The database: everything that speaks to PostgreSQL's driver is in here."""

from callwell.postgres.pool import (
    Database,
    DatabaseError,
    Tx,
    check_durability,
    execute,
    fetch_all,
    fetch_one,
    fetch_value,
    is_connection_lost,
    is_data_error,
    is_retryable,
    sqlstate,
)

__all__ = [
    "Database",
    "DatabaseError",
    "Tx",
    "check_durability",
    "execute",
    "fetch_all",
    "fetch_one",
    "fetch_value",
    "is_connection_lost",
    "is_data_error",
    "is_retryable",
    "sqlstate",
]
