"""Who said it: the person behind a command, a note and a tag. Going down forgets that.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("command", "note", "tag")


def upgrade() -> None:
    """Make room; of what was said before nobody knows who said it."""
    for table in TABLES:
        op.add_column(table, sa.Column("who", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away."""
    for table in TABLES:
        op.drop_column(table, "who")
