"""Alembic's entry: runs the revisions on the connection it is given."""

from alembic import context

from store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    # SQLite's DDL is transactional once the driver's own transactions are off.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
