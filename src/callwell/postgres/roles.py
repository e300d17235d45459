"""Who may do what to the tables: the roles under which the application works, so that the database itself refuses to change the trail.

``callwell_app`` reads and writes everything, and of entries and seals it can only add and read. ``callwell_retention`` removes entries that were
archived. Nobody logs in as them: a login that may becomes them on each connection. They are the cluster's, so several databases share them.
"""

from typing import LiteralString

import psycopg
from psycopg import sql

APP = "callwell_app"
RETENTION = "callwell_retention"

GRANTS: tuple[LiteralString, ...] = (
    "GRANT USAGE ON SCHEMA public TO callwell_app, callwell_retention",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO callwell_app",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO callwell_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO callwell_app",
    "REVOKE UPDATE, DELETE ON audit_entries, audit_seals FROM callwell_app",
    "GRANT SELECT ON audit_entries, audit_seals TO callwell_retention",
    "GRANT DELETE ON audit_entries TO callwell_retention",
    "GRANT UPDATE (archive, archive_hash) ON audit_seals TO callwell_retention",
)
"""Run after every migration, since new tables have to be granted too."""

CAN_BECOME: LiteralString = """
    SELECT rolname FROM pg_roles
    WHERE rolname = %(role)s AND pg_has_role(session_user, oid, %(how)s) AND has_table_privilege(oid, to_regclass('audit_entries'), 'SELECT')
"""
"""Whether the roles are there, the login may become this one, and this database was granted to it."""


def give_roles(connection: psycopg.Connection) -> str | None:
    """Make the roles and grant them what they may; gives why that cannot be done here, or None.

    Runs in the transaction of the migration and leaves it whole. Raises what the database raises where the grants themselves are refused.
    """
    for role in (APP, RETENTION):
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall() and (why := _make(connection, role)):
            return why
    if not connection.execute("SELECT to_regclass('audit_seals') IS NOT NULL").fetchall()[0][0]:
        return None
    for grant in GRANTS:
        connection.execute(grant)
    for role in (APP, RETENTION):
        if not connection.execute(CAN_BECOME, {"role": role, "how": _how(connection)}).fetchall() and (why := _admit(connection, role)):
            return why
    return None


def _make(connection: psycopg.Connection, role: str) -> str | None:
    try:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return None  # somebody made it meanwhile, for another database
    except psycopg.errors.InsufficientPrivilege:
        return f"the login may not make the role {role}"
    return None


def _admit(connection: psycopg.Connection, role: str) -> str | None:
    """Lets the login become the role."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege:
        return f"the login may not become the role {role}"
    return None


def _how(connection: "psycopg.Connection | psycopg.AsyncConnection") -> str:
    """What PostgreSQL calls the right to become a role: from version 16 on members may be without it."""
    return "SET" if connection.info.server_version >= 160000 else "MEMBER"


def is_protected(dsn: str) -> bool:
    """Whether the application works under its own role here, so that the database itself refuses to change the trail."""
    with psycopg.connect(dsn) as connection:
        return all(connection.execute(CAN_BECOME, {"role": role, "how": _how(connection)}).fetchall() for role in (APP, RETENTION))


async def become_app(connection: "psycopg.AsyncConnection") -> bool:
    """From now on this connection can do what the application may; False where the login cannot become it, and stays what it is."""
    found = await connection.execute(CAN_BECOME, {"role": APP, "how": _how(connection)})
    if not await found.fetchall():
        return False
    await connection.execute("SET ROLE callwell_app")
    return True


async def become_retention(tx: "psycopg.AsyncConnection") -> None:
    """Until the transaction ends, what is archived can be removed. Without roles the login can do so anyway."""
    found = await tx.execute(CAN_BECOME, {"role": RETENTION, "how": _how(tx)})
    if await found.fetchall():
        await tx.execute("SET LOCAL ROLE callwell_retention")
