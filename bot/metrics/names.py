"""Every metric by name. Base units, `_total` for what only grows, few labels; each also has the label `desk`.

What is not known is not exported: a value of zero is always a measured one.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram"]

LATENCIES = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WAITS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
SLIPPAGES = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One name, what it means, and the labels that it has beside `desk`."""

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()


class Spread(NamedTuple):
    """A histogram: so many values up to and with each bound and beyond the last one, and the sum of all."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float


class Sample(NamedTuple):
    """One value of a metric: its name without `paperpit_`, and the values of its labels in order."""

    name: str
    value: float | Spread
    labels: tuple[str, ...] = ()


PREFIX = "paperpit_"
METRICS = (
    Metric("up", "gauge", "1 while the desk answers; 0 where `paperpit serve` finds none"),
    Metric("build_info", "gauge", "Always 1; the version is the label", ("version",)),
    Metric(
        "status_age_seconds", "gauge", "How old the desk's own account of itself is; it grows while its loop stands"
    ),
    Metric("state", "gauge", "1 for the state that `paperpit status` shows, 0 for the others", ("state",)),
    Metric("mode", "gauge", "1 for how much the desk may do just now, 0 for the others", ("mode",)),
    Metric("ready", "gauge", "1 while nothing but the hour and the news keeps every strategy from trading"),
    Metric("cause", "gauge", "1 for each cause that closes entries, while it lasts", ("rule", "strategy")),
    Metric("strategy_state", "gauge", "1 for the state that a strategy is in", ("strategy", "state")),
    Metric("session_next_timestamp_seconds", "gauge", "When the hours of a strategy begin next"),
    Metric("ticks_total", "counter", "Rows of the market that were walked", ("symbol",)),
    Metric("feed_age_seconds", "gauge", "Time since the newest row of an instrument", ("symbol",)),
    Metric("lag_seconds", "gauge", "How long the newest rows had waited when they were walked"),
    Metric("queue_depth", "gauge", "What waited when last looked: `ticks` of a batch, `commands`", ("queue",)),
    Metric("clock_offset_seconds", "gauge", "The broker's clock minus this machine's"),
    Metric("loop_lag_seconds", "histogram", "How late the process's heartbeat came, 40 times a second"),
    Metric("link_state", "gauge", "1 for the state of the link to the broker, 0 for the others", ("state",)),
    Metric(
        "signals_total",
        "counter",
        "Signals by kind (`bar`: a bar alone): `approved`, `blocked` or `would-place` once for each strategy"
        " that wanted it, else `unused`",
        ("setup", "verdict"),
    ),
    Metric("blocked_total", "counter", "Refusals by rule; a proposal counts for each rule that refused it", ("gate",)),
    Metric("orders_total", "counter", "Words on orders by what the order is for", ("leg", "status")),
    Metric("working_orders", "gauge", "Orders that have not ended, by state", ("leg", "status")),
    Metric("order_ack_seconds", "histogram", "From an order's intent to the broker's first word on it"),
    Metric("fill_seconds", "histogram", "From an entry's intent to each of its fills"),
    Metric("slippage_ticks", "histogram", "How much worse than the order's price it filled, each fill", ("leg",)),
    Metric("position_contracts", "gauge", "What is held, short below zero", ("symbol",)),
    Metric("naked_position_seconds", "gauge", "How long a position has been without a working stop; must stay 0"),
    Metric("open_r", "gauge", "What leaving now would bring, in R, over all open positions"),
    Metric("day_r", "gauge", "The trading day's result in R"),
    Metric("day_net_usd", "gauge", "The trading day's result after commissions"),
    Metric("day_round_trips", "gauge", "Round trips of this run"),
    Metric("loss_limit_used_ratio", "gauge", "How much of the daily loss limit is used, 1 = all of it"),
    Metric("rule_used", "gauge", "What a rule counts, before any further entry", ("rule", "of", "unit")),
    Metric("rule_limit", "gauge", "And how much of it is allowed", ("rule", "of", "unit")),
    Metric("blackout_active", "gauge", "1 while news closes entries of a strategy"),
    Metric("blackout_next_timestamp_seconds", "gauge", "When the next blackout begins"),
    Metric("calendar_until_timestamp_seconds", "gauge", "How far the calendar reaches for a kind of event", ("kind",)),
    Metric("commands_total", "counter", "Commands that the desk was given", ("verb",)),
    Metric("commands_refused_total", "counter", "What came as a command and was none, by why", ("way", "code")),
    Metric("journal_commit_seconds", "gauge", "How long the newest commit took"),
    Metric("journal_writable", "gauge", "0 while the journal cannot be written"),
    Metric("journal_readable", "gauge", "0 while the journal cannot be read: counters stand still"),
    Metric("journal_last_seq", "gauge", "The newest row's `seq`"),
    Metric("journal_size_bytes", "gauge", "How large the journal is; a database is asked once a minute"),
    Metric("journal_disk_free_bytes", "gauge", "What is free where the journal's file is"),
    Metric(
        "data_disk_free_bytes",
        "gauge",
        "What is free in the data folder: tapes, logs, rows that wait for a database",
    ),
    Metric("backup_failed", "gauge", "1 when the last copy of the journal could not be made"),
    Metric("backup_timestamp_seconds", "gauge", "When the journal's newest copy was made"),
    Metric("recoveries_total", "counter", "Starts: `clean`, or `reconciled` where something had to be", ("outcome",)),
    Metric("recording", "gauge", "1 while the market is recorded, 0 while it is not"),
    Metric("recording_failed", "gauge", "1 once a recording that was wanted has stopped"),
    Metric("mqtt_connected", "gauge", "1 while the message broker is reached"),
    Metric("mqtt_seq", "gauge", "Up to which row of the journal it has been told what happened"),
    Metric("notices_total", "counter", "Notices that a person was sent"),
    Metric("notices_waiting", "gauge", "Notices that could not be sent yet"),
    Metric("notices_failing", "gauge", "1 while a person cannot be called"),
)
BY_NAME = {metric.name: metric for metric in METRICS}
