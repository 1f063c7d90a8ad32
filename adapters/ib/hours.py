"""The hours that IB tells of a contract, as intervals of ns UTC.

Two forms come, in the contract's own zone, for about a week ahead:
    20261127:0930-20261127:1300;20261128:CLOSED        since 2018, an interval may begin the evening before
    20261127:0930-1300,1800-2400;20261128:CLOSED       before
Source: ContractDetails.tradingHours and liquidHours of the TWS API.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SECOND_NS = 1_000_000_000
# IB abbreviates; these stand for clocks that change with the season.
_ZONES = {
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "US/Eastern": "America/New_York",
    "CST": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "US/Central": "America/Chicago",
    "MST": "America/Denver",
    "PST": "America/Los_Angeles",
    "GB": "Europe/London",
    "GMT": "UTC",
}
_MOMENT = re.compile(r"^(\d{8}):(\d{2})(\d{2})$")


def intervals(text: str, zone: str) -> tuple[tuple[int, int], ...]:
    """[from, to) of every stretch of `text`; a closed day is an empty one at its noon. Raises ValueError."""
    clock = _clock(zone)
    found: list[tuple[int, int]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        day, _, rest = part.partition(":")
        if rest == "CLOSED":
            noon = _moment(f"{day}:1200", clock)
            found.append((noon, noon))
            continue
        for stretch in rest.split(","):
            begin, dash, end = stretch.partition("-")
            if not dash:
                raise ValueError(f"{part!r} has no end")
            found.append((_moment(f"{day}:{begin}", clock), _moment(end if ":" in end else f"{day}:{end}", clock)))
    if any(begin > end for begin, end in found):
        raise ValueError(f"{text!r} ends before it begins")
    return tuple(found)


def _clock(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(_ZONES.get(zone, zone))
    except (KeyError, ValueError) as error:
        raise ValueError(f"no time zone is called {zone!r}") from error


def _moment(text: str, zone: ZoneInfo) -> int:
    found = _MOMENT.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no moment like 20261127:0930")
    midnight = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=zone)
    at = midnight.replace(hour=int(found[2]) % 24, minute=int(found[3]))
    # 2400 is the midnight that ends the day.
    at = at + timedelta(days=1) if found[2] == "24" else at
    return int(at.timestamp()) * SECOND_NS
