"""How Alembic runs our revisions: on the connection, and in the transaction, that ``migrate`` gives it."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], version_table=given["version_table"])
context.run_migrations()
