"""Where Alembic finds the journal: the connection that `bot.journal.migrate` hands over, or `alembic -x url=URL`."""

from alembic import context
from sqlalchemy import Connection, create_engine

from bot.journal.tables import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations on `connection`, each in a transaction of its own, DDL included."""
    context.configure(
        connection=connection, target_metadata=metadata, transactional_ddl=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).connect() as own:
        migrate(own)
