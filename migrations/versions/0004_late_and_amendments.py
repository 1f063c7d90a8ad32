"""Orders that were written late (`order.late`), and a table for the terms that a working order was asked to take.

Going down keeps amendments among the modes under a mark, and going up again fetches them; which orders were late is
not kept.

Revision ID: 0004
Revises: 0003
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MARK = "amendment"
INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COLUMNS = ("client_order_id", "word", "stop_price", "quantity", "ts", "reason")


def upgrade() -> None:
    """Make room, and fetch what an earlier step down had put elsewhere."""
    op.add_column("order", sa.Column("late", INTEGER, nullable=False, server_default="0"))
    op.create_table(
        "amendment",
        sa.Column("seq", INTEGER, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("run", "client_order_id", "word")),
        *(sa.Column(name, INTEGER, nullable=True) for name in ("stop_price", "quantity")),
        sa.Column("ts", INTEGER, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.run"]),
        sa.ForeignKeyConstraint(["client_order_id"], ["order.client_order_id"]),
        sqlite_strict=True,
    )
    op.create_index("ix_amendment_client_order_id", "amendment", ["client_order_id"])
    for seq, run, kept in _rows("SELECT seq, run, causes FROM mode_change WHERE mode = :mark", mark=MARK):
        values = dict(zip(COLUMNS, json.loads(kept), strict=True))
        _execute(f"INSERT INTO amendment VALUES (:seq, :run, :{', :'.join(COLUMNS)})", seq=seq, run=run, **values)
    _append_only("mode_change", False)
    _execute("DELETE FROM mode_change WHERE mode = :mark", mark=MARK)
    _append_only("mode_change", True)
    _append_only("amendment", True)


def downgrade() -> None:
    """Put amendments where the older schema can hold them."""
    for seq, run, *values in _rows(f"SELECT seq, run, {', '.join(COLUMNS)} FROM amendment"):
        kept = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
        row = "INSERT INTO mode_change VALUES (:seq, :run, :mark, :kept, NULL, NULL, NULL, NULL)"
        _execute(row, seq=seq, run=run, mark=MARK, kept=kept)
    op.drop_table("amendment")
    op.drop_column("order", "late")


def _rows(query: str, **values: str) -> list[sa.Row[tuple[object, ...]]]:
    return list(op.get_bind().execute(sa.text(query), values))


def _execute(statement: str, **values: object) -> None:
    op.get_bind().execute(sa.text(statement), values)


def _append_only(table: str, on: bool) -> None:
    """The triggers of revision 0002; only a step of the schema takes them off."""
    if op.get_bind().dialect.name == "postgresql":
        for name, when, each in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
            made = f'BEFORE {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION paperpit_append_only()'
            op.execute(f"CREATE TRIGGER {table}_{name} {made}" if on else f'DROP TRIGGER {table}_{name} ON "{table}"')
        return
    for change in ("update", "delete"):
        words = f"the journal is append-only: {change.upper()} on {table}"
        made = f"BEFORE {change.upper()} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        op.execute(f"CREATE TRIGGER {table}_no_{change} {made}" if on else f"DROP TRIGGER {table}_no_{change}")
