"""Trading and liquid hours as IB writes them: `20261123:1700-20261124:1600;20261126:CLOSED`, in the contract's zone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.instrument import Instrument
from bot.sessions import days_of

ZONES = {"future": "US/Central", "stock": "US/Eastern"}
_DAYS = 7
_DAY_NS = 86_400_000_000_000


def hours(one: Instrument, now_ns: int, overrides: Sequence[Mapping[str, Any]] = ()) -> tuple[str, str, str]:
    """Zone, trading hours and liquid hours of a week from today.

    Trading hours are the whole session. Liquid hours begin at the regular open; a future's end with its session.
    """
    zone = ZoneInfo(ZONES[one.kind])
    today = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).astimezone(zone).date()
    rows = {int(row["date"]): row for row in days_of(one, now_ns, now_ns + _DAYS * _DAY_NS, overrides)}
    trading, liquid = [], []
    for number in range(_DAYS):
        day = today + timedelta(number)
        row = rows.get(int(f"{day:%Y%m%d}"))
        if row is None:
            trading.append(f"{day:%Y%m%d}:CLOSED")
            liquid.append(f"{day:%Y%m%d}:CLOSED")
            continue
        at = _writer(zone)
        trading.append(f"{at(row['open'])}-{at(row['close'])}")
        liquid.append(f"{at(row['anchor'])}-{at(row['close' if one.kind == 'future' else 'anchor_close'])}")
    return ZONES[one.kind], ";".join(trading), ";".join(liquid)


def _writer(zone: ZoneInfo) -> Callable[[int], str]:
    return lambda ns: f"{datetime.fromtimestamp(int(ns) // 1_000_000_000, UTC).astimezone(zone):%Y%m%d:%H%M}"
