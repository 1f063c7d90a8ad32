"""Rows once written never change: triggers that refuse UPDATE and DELETE on every table but notes and tags.

On SQLite they also stop INSERT OR REPLACE, on connections with `recursive_triggers` (all of ours).

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "run",
    "instrument",
    "signal",
    "footprint",
    "decision",
    "bracket",
    "bracket_event",
    "order",
    "broker_order",
    "order_event",
    "fill",
    "commission",
    "adjustment",
    "excursion",
    "command",
    "mode_change",
    "heartbeat",
    "link_event",
    "control",
    "calendar_event",
    "anomaly",
)

REFUSE = """
CREATE FUNCTION paperpit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only: % on %', TG_OP, TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    """Put the triggers on."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE)
        for name in TABLES:
            op.execute(
                f'CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON "{name}" '
                "FOR EACH ROW EXECUTE FUNCTION paperpit_append_only()"
            )
            op.execute(
                f'CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON "{name}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION paperpit_append_only()"
            )
        return
    for name in TABLES:
        for change in ("update", "delete"):
            op.execute(
                f'CREATE TRIGGER {name}_no_{change} BEFORE {change.upper()} ON "{name}" '
                f"BEGIN SELECT RAISE(ABORT, 'the journal is append-only: {change.upper()} on {name}'); END"
            )


def downgrade() -> None:
    """Take the triggers off; rows stay."""
    if op.get_bind().dialect.name == "postgresql":
        for name in TABLES:
            op.execute(f'DROP TRIGGER {name}_append_only ON "{name}"')
            op.execute(f'DROP TRIGGER {name}_no_truncate ON "{name}"')
        op.execute("DROP FUNCTION paperpit_append_only()")
        return
    for name in TABLES:
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER {name}_no_{change}")
