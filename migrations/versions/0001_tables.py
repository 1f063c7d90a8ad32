"""The tables of the journal.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
FLOAT = sa.Double().with_variant(sa.REAL, "sqlite")

TABLES = (
    "run",
    "instrument",
    "signal",
    "footprint",
    "calendar_event",
    "anomaly",
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
    "note",
    "tag",
)

Parts = list[sa.Column[object]] | list[sa.UniqueConstraint] | list[sa.ForeignKeyConstraint]


def upgrade() -> None:
    """Every table, parents before children."""
    _run()
    _market()
    _orders()
    _results()
    _desk()
    _people()


def downgrade() -> None:
    """Drop every table, children before parents."""
    for name in reversed(TABLES):
        op.drop_table(name)


def _run() -> None:
    create(
        "run",
        integers("started_ns"),
        texts("adapter", "account", "tape", "tapes", "config", "config_hash", "strategies"),
        integers("seed"),
        texts("fill_model", "calendar", "versions"),
        integers("dry"),
        unique("run"),
    )
    create(
        "instrument",
        integers("position"),
        texts(
            "product",
            "contract",
            "kind",
            "tick",
            "tick_value",
            "currency",
            "exchange",
            "calendar",
            "zone",
            "regular_open",
            "regular_close",
            "commission",
        ),
        integers("generic"),
        unique("run", "position"),
    )


def _market() -> None:
    create(
        "signal",
        texts("id"),
        integers("ts", "known"),
        texts("instrument", "contract", "timeframe", "kind"),
        integers("side"),
        optional_integers("price"),
        floats("strength"),
        texts("evidence", "params_hash"),
        unique("id"),
    )
    create(
        "footprint",
        texts("signal_id", "bar", "digest"),
        child("signal_id", "signal.id"),
    )
    op.create_index("ix_footprint_signal_id", "footprint", ["signal_id"])
    create(
        "calendar_event",
        texts("kind"),
        integers("from_ns", "to_ns"),
        texts("source"),
        integers("ts"),
    )
    create(
        "anomaly",
        texts("kind"),
        integers("rows", "first_ns"),
    )


def _orders() -> None:
    create(
        "decision",
        texts("id"),
        integers("ts", "known"),
        texts("verdict", "strategy", "instrument", "contract"),
        integers("side"),
        optional_texts("signal_id"),
        optional_integers("quantity", "entry", "stop", "target", "ttl_ns", "time_stop_ns"),
        texts("why", "facts", "room", "reasons", "chain"),
        unique("id"),
    )
    create(
        "bracket",
        texts("id", "decision_id"),
        optional_texts("signal_id"),
        texts("strategy", "instrument", "contract"),
        integers("side", "quantity", "entry", "stop", "target", "time_stop_ns", "created_ns"),
        unique("id"),
        child("decision_id", "decision.id"),
    )
    create(
        "bracket_event",
        texts("bracket_id", "state"),
        integers("ts"),
        texts("why"),
        child("bracket_id", "bracket.id"),
    )
    op.create_index("ix_bracket_event_bracket_id", "bracket_event", ["bracket_id"])
    create(
        "order",
        texts("client_order_id"),
        optional_texts("bracket_id"),
        texts("instrument", "contract", "role"),
        integers("side"),
        texts("type"),
        integers("quantity"),
        optional_integers("price", "stop_price"),
        integers("created_ns"),
        texts("reason"),
        unique("client_order_id"),
        child("bracket_id", "bracket.id"),
    )
    op.create_index("ix_order_bracket_id", "order", ["bracket_id"])
    create(
        "broker_order",
        texts("client_order_id", "broker_id"),
        integers("ts"),
        child("client_order_id", "order.client_order_id"),
    )
    create(
        "order_event",
        texts("client_order_id", "state"),
        integers("ts"),
        texts("source", "broker_id", "message", "chain"),
        child("client_order_id", "order.client_order_id"),
    )
    op.create_index("ix_order_event_client_order_id", "order_event", ["client_order_id"])


def _results() -> None:
    create(
        "fill",
        texts("id", "exec_id", "client_order_id"),
        optional_texts("bracket_id"),
        texts("instrument", "contract", "role"),
        integers("side", "quantity", "price", "ts"),
        texts("source", "model"),
        optional_texts("corrects"),
        texts("chain"),
        unique("id"),
        unique("exec_id"),
        child("client_order_id", "order.client_order_id"),
        child("bracket_id", "bracket.id"),
    )
    op.create_index("ix_fill_bracket_id", "fill", ["bracket_id"])
    create(
        "commission",
        texts("exec_id", "amount", "currency"),
    )
    op.create_index("ix_commission_exec_id", "commission", ["exec_id"])
    create(
        "adjustment",
        texts("id"),
        integers("ts"),
        texts("instrument", "contract"),
        integers("quantity"),
        optional_integers("price"),
        texts("kind", "reason", "facts", "chain"),
        unique("id"),
    )
    create(
        "excursion",
        texts("bracket_id"),
        integers("mae_ticks", "mfe_ticks"),
        child("bracket_id", "bracket.id"),
    )
    op.create_index("ix_excursion_bracket_id", "excursion", ["bracket_id"])


def _desk() -> None:
    create(
        "command",
        texts("nonce", "verb"),
        integers("ts"),
        texts("reason", "strategy", "instrument"),
        integers("clear_kill"),
        texts("result"),
        unique("nonce"),
    )
    create(
        "mode_change",
        texts("mode", "causes"),
        optional_integers("ts", "wall_ns"),
        optional_texts("summary", "head"),
    )
    create(
        "heartbeat",
        integers("ts"),
    )
    create(
        "link_event",
        texts("state"),
        integers("ts"),
        texts("code"),
    )
    create(
        "control",
        texts("key", "value"),
        integers("ts"),
        texts("why", "chain"),
    )


def _people() -> None:
    create(
        "note",
        texts("subject"),
        integers("ts"),
        texts("text"),
    )
    op.create_index("ix_note_subject", "note", ["subject"])
    create(
        "tag",
        texts("subject", "name"),
        integers("ts"),
        optional_integers("removed_ns"),
    )
    op.create_index("ix_tag_subject", "tag", ["subject"])


def create(name: str, *parts: Parts) -> None:
    """A table with `seq` as its key and its run beside the given parts; STRICT on SQLite."""
    items = [item for part in parts for item in part]
    if name != "run":
        items += child("run", "run.run")
    seq = sa.Column("seq", INTEGER, primary_key=True, autoincrement=False)
    op.create_table(name, seq, *texts("run"), *items, sqlite_strict=True)


def texts(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    """Text columns: words, decimal money, JSON."""
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def optional_texts(*names: str) -> list[sa.Column[object]]:
    """Text columns that may be null."""
    return texts(*names, nullable=True)


def integers(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    """Ticks, quantities, nanoseconds, flags."""
    return [sa.Column(name, INTEGER, nullable=nullable) for name in names]


def optional_integers(*names: str) -> list[sa.Column[object]]:
    """Integer columns that may be null."""
    return integers(*names, nullable=True)


def floats(*names: str) -> list[sa.Column[object]]:
    """Measures that are neither price nor money."""
    return [sa.Column(name, FLOAT, nullable=False) for name in names]


def unique(*columns: str) -> list[sa.UniqueConstraint]:
    """These columns name one row for ever."""
    return [sa.UniqueConstraint(*columns)]


def child(column: str, parent: str) -> list[sa.ForeignKeyConstraint]:
    """`column` points at `parent`, "table.column"."""
    return [sa.ForeignKeyConstraint([column], [parent])]
