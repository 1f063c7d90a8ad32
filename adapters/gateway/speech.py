"""How IB writes numbers and times, where the exchange's files need it."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.gateway.seam import Listed, Session

UNSET_FLOAT = "1.7976931348623157E308"
UNSET_INT = "2147483647"
SECOND_NS = 1_000_000_000
NEW_YORK = ZoneInfo("America/New_York")


def money_of_point(one: Listed) -> Decimal:
    """What one point of one contract is worth."""
    return one.instrument.tick_value / one.instrument.tick


def plain(value: Decimal) -> str:
    """A decimal without exponent and without useless zeros, but with one place: `4200.5`, `4200.0`."""
    text = f"{value.normalize():f}"
    return text if "." in text else f"{text}.0"


def stamp(ns: int) -> str:
    """A moment as IB writes it in executions: `20261123 09:30:00 US/Eastern`."""
    return f"{datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK):%Y%m%d %H:%M:%S} US/Eastern"


def midnight(ns: int) -> int:
    """The midnight before, in New York: so far back the gateway remembers executions."""
    at = datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK)
    return int(at.replace(hour=0, minute=0, second=0).timestamp()) * SECOND_NS


def moment(text: str) -> int:
    """A client's `YYYYMMDD HH:MM:SS [zone]`, or `YYYYMMDD-HH:MM:SS` (UTC), as ns. Raises ValueError for others."""
    day, _, rest = text.replace("-", " UTC ", 1).partition(" ")
    clock, *zone = rest.removeprefix("UTC ").split() or [""]
    named = UTC if rest.startswith("UTC ") else ZoneInfo(zone[0]) if zone else NEW_YORK
    at = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=named)
    return int(at.timestamp()) * SECOND_NS


def shown(session: Session, ts: int, wall_ns: int) -> int:
    """Which of two stamps a client goes by: the market's or the wall's."""
    return ts if session.tape_time else wall_ns
