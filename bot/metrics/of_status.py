"""Values that follow from what a desk says of itself: the object that `paperpit status --json` prints."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.domain.mode import Mode
from bot.metrics.names import Sample, Spread

STATES = ("trading", "paused", "blackout", "held", "closed", "starting", "stopping")
LINKS = ("up", "degraded", "down", "unknown")
SOFT = frozenset({"hours", "blackout"})
"""What closes entries on every good day."""
MILLI, NANO = 1_000, 1_000_000_000


def samples(status: Mapping[str, Any], age_s: float, naked_s: float) -> Iterator[Sample]:
    """All of them; `age_s` is how old the status is, `naked_s` how long a position has been without a stop."""
    yield Sample("up", 1)
    yield Sample("build_info", 1, (status["version"],))
    yield Sample("status_age_seconds", age_s)
    yield from _one_of("state", STATES, status["state"])
    yield from _one_of("mode", tuple(Mode), status["mode"])
    yield Sample("ready", is_ready(status))
    for rule, strategy in {(cause["rule"], cause["strategy"]) for cause in status["causes"]}:
        yield Sample("cause", 1, (rule, strategy))
    for one in status["strategies"]:
        yield Sample("strategy_state", 1, (one["name"], one["state"]))
    if status["next_session_ns"] is not None:
        yield Sample("session_next_timestamp_seconds", status["next_session_ns"] / NANO)
    yield from _of_the_process(status)
    yield from _of_the_market(status, age_s)
    yield from _of_the_account(status)
    yield Sample("naked_position_seconds", naked_s)
    yield from _of_the_calendar(status)


def is_ready(status: Mapping[str, Any]) -> bool:
    """Whether some strategy would trade, were it not for the hour and the news."""
    if status["state"] in ("starting", "stopping"):
        return False
    hard = {cause["strategy"] for cause in status["causes"] if cause["rule"] not in SOFT}
    names = [one["name"] for one in status["strategies"]]
    # Between two runs nobody sits at the desk, and that is as it should be.
    return "" not in hard and (status["state"] == "closed" or any(name not in hard for name in names))


def naked(status: Mapping[str, Any]) -> bool:
    """Whether a position has no working stop."""
    return any(one["stop_price"] is None for one in status["positions"])


def _one_of(name: str, values: tuple[str, ...], holds: str) -> Iterator[Sample]:
    for value in values:
        yield Sample(name, value == holds, (value,))


def _of_the_process(status: Mapping[str, Any]) -> Iterator[Sample]:
    health, loop = status["health"], status["loop"]
    yield Sample("clock_offset_seconds", health["clock_offset_ms"] / MILLI)
    yield Sample("journal_commit_seconds", health["commit_ms"] / MILLI)
    yield Sample("journal_writable", not health["journal"])
    if status["lag_ms"] is not None:
        yield Sample("lag_seconds", status["lag_ms"] / MILLI)
    for name, depth in status["queue"].items():
        yield Sample("queue_depth", depth, (name,))
    if loop:
        bounds = tuple(bound / MILLI for bound in loop["bounds_ms"])
        yield Sample("loop_lag_seconds", Spread(bounds, tuple(loop["counts"]), loop["sum_ms"] / MILLI))
    yield Sample("recording", status["recording"] is True)
    yield Sample("recording_failed", isinstance(status["recording"], str))
    yield Sample("backup_failed", bool(status["backup"]))
    yield from _of_the_others(status)


def _of_the_others(status: Mapping[str, Any]) -> Iterator[Sample]:
    """Who else stands beside the desk, where the settings name them."""
    if mqtt := status.get("mqtt"):
        yield Sample("mqtt_connected", mqtt["connected"])
        yield Sample("mqtt_seq", mqtt["seq"])
    if notices := status.get("notices"):
        yield Sample("notices_total", notices["sent"])
        yield Sample("notices_waiting", notices["waiting"])
        yield Sample("notices_failing", bool(notices["trouble"]))


def _of_the_market(status: Mapping[str, Any], age_s: float) -> Iterator[Sample]:
    yield from _one_of("link_state", LINKS, status["link"])
    for one in status["contracts"]:
        symbol = (one["instrument"],)
        yield Sample("ticks_total", one["ticks"], symbol)
        yield Sample("position_contracts", one["position"], symbol)
        if one["last_tick_age_ms"] is not None:
            yield Sample("feed_age_seconds", one["last_tick_age_ms"] / MILLI + age_s, symbol)


def _of_the_account(status: Mapping[str, Any]) -> Iterator[Sample]:
    day = status["day"]
    working: dict[tuple[str, str], int] = {}
    for one in status["working_orders"]:
        leg = (one["role"], one["state"])
        working[leg] = working.get(leg, 0) + 1
    for leg, count in working.items():
        yield Sample("working_orders", count, leg)
    worth = [one["open_r"] for one in status["positions"]]
    if None not in worth:
        yield Sample("open_r", sum(worth))
    if day["r"] is not None:
        yield Sample("day_r", day["r"])
    yield Sample("day_net_usd", float(day["net"]))
    yield Sample("day_round_trips", day["round_trips"])
    if limit := float(day["loss_limit"]):
        yield Sample("loss_limit_used_ratio", float(day["loss_used"]) / limit)
    for one in status["room"]:
        labels = (one["rule"], one["of"], one["unit"])
        yield Sample("rule_used", float(one["used"]), labels)
        yield Sample("rule_limit", float(one["limit"]), labels)


def _of_the_calendar(status: Mapping[str, Any]) -> Iterator[Sample]:
    yield Sample("blackout_active", any(cause["rule"] == "blackout" for cause in status["causes"]))
    if (coming := status["next_blackout"]) is not None:
        yield Sample("blackout_next_timestamp_seconds", coming["from_ns"] / NANO)
    for kind, day in status["calendar_until"].items():
        until = datetime.fromisoformat(day).replace(tzinfo=UTC)
        yield Sample("calendar_until_timestamp_seconds", until.timestamp(), (kind,))
