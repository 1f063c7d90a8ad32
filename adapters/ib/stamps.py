"""Times as gateways write them into executions: with a zone's name, in UTC with a dash, or in their own zone unsaid.

Source: message 11's time; which of them comes depends on a setting of TWS and on its version.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_STAMP = re.compile(r"^(\d{4})-?(\d{2})-?(\d{2})([ -]+)(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?\s*(.*)$")
_QUARTER_S = 900
_ZONE_MOST_S = 15 * 3600


def zone_of(greeting: str, now_s: float) -> tzinfo:
    """The gateway's own zone: by how much the time of its handshake is not ours, to the quarter of an hour.

    The handshake names the zone by letters that mean several ("CST"); UTC where the two times are no zone apart.
    """
    match = _STAMP.match(greeting)
    if match is None:
        return UTC
    ahead = _at(match, UTC) - now_s
    quarters = round(ahead / _QUARTER_S)
    return timezone(timedelta(seconds=quarters * _QUARTER_S)) if abs(ahead) < _ZONE_MOST_S else UTC


def seconds_of(text: str, own: tzinfo) -> int:
    """Seconds UTC of an execution's time. Raises ValueError for what is no time."""
    if text.isascii() and text.isdecimal():
        return int(text)
    match = _STAMP.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no time")
    zone = UTC if match[4] == "-" else own
    if match[8]:
        try:
            zone = ZoneInfo(match[8])
        except (ZoneInfoNotFoundError, ValueError):  # letters, or a path: the gateway's own zone is all that is known
            zone = own
    return int(_at(match, zone))


def _at(match: re.Match[str], zone: tzinfo) -> float:
    year, month, day, hour, minute, second = (int(match[n]) for n in (1, 2, 3, 5, 6, 7))
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp()
