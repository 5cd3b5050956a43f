"""Run by Alembic, on the connection and in the transaction that ``golive.ledger.migrate`` holds."""

from __future__ import annotations

from alembic import context

from golive.ledger.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
