"""What sweeps asked for, and what came of each of their trials.

Going down lets go of them: they belong to no run, so an older journal has no place for them, and the same sweep plays
its trials again.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COLUMNS = {
    "sweep": ("id", "started_ns", "strategy", "file", "tapes", "trials", "seed"),
    "sweep_trial": (
        *("trial", "tape", "sweep", "setting", "params", "round_trips", "net_ticks", "result"),
        *("journal_hash", "error"),
    ),
}
NUMBERS = ("started_ns", "trials", "seed", "round_trips", "net_ticks")
ABSENT = ("journal_hash", "error")
KEYS = {
    "sweep": [sa.PrimaryKeyConstraint("id")],
    "sweep_trial": [sa.PrimaryKeyConstraint("trial", "tape"), sa.ForeignKeyConstraint(["sweep"], ["sweep.id"])],
}


def upgrade() -> None:
    """Make both tables; their rows never change."""
    for table, names in COLUMNS.items():
        columns = [sa.Column(n, INTEGER if n in NUMBERS else sa.Text(), nullable=n in ABSENT) for n in names]
        op.create_table(table, *columns, *KEYS[table], sqlite_strict=True)
        _append_only(table)
    op.create_index(op.f("ix_sweep_trial_tape"), "sweep_trial", ["tape"])


def downgrade() -> None:
    """Let go of them."""
    for table in reversed(COLUMNS):
        op.drop_table(table)


def _append_only(table: str) -> None:
    """The triggers of revision 0002."""
    if op.get_bind().dialect.name == "postgresql":
        for name, when, each in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
            op.execute(
                f'CREATE TRIGGER {table}_{name} BEFORE {when} ON "{table}" '
                f"FOR EACH {each} EXECUTE FUNCTION paperpit_append_only()"
            )
        return
    for change in ("update", "delete"):
        words = f"the journal is append-only: {change.upper()} on {table}"
        made = f"BEFORE {change.upper()} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        op.execute(f"CREATE TRIGGER {table}_no_{change} {made}")
