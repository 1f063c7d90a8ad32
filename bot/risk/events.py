"""One event that a calendar knows: its kind, its moment, how sure the date is, and where it was read."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
NEW_YORK = ZoneInfo("America/New_York")

STATUSES = ("past", "scheduled", "tentative", "rule", "estimate", "cancelled")
"""How sure a date is. `tentative` = announced as tentative, `rule` = computed from the issuer's rule, `estimate` = a
guess: it closes entries like any other but says nothing about what else may come. `cancelled` lifts an event."""

_SAME_STATUS = {"confirmed": "scheduled", "announced": "scheduled", "estimated": "estimate", "canceled": "cancelled"}

GROUPS: dict[str, tuple[str, ...]] = {"fomc": ("fomc_statement", "fomc_press_conference", "fomc_minutes")}
"""Names that stand for several kinds in `events = [...]` of instruments.toml and in `[blackout]` of a strategy."""

KINDS = (*GROUPS["fomc"], "cpi", "nfp", "ppi", "eia")
"""Kinds of the shipped calendar. Any other comes by import, named after its title."""

# Names of issuers and feeds → kind; matched against the slug of an event's name, first hit wins.
_NAMES: tuple[tuple[str, str], ...] = (
    (r"(fomc_)?press_conference|fomc_press.*", "fomc_press_conference"),
    (r"fomc_(meeting_)?minutes|minutes_of_the_fomc.*|fed_minutes", "fomc_minutes"),
    (r"fomc|fomc_statement|fomc_rate_decision|federal_funds_rate|fomc_meeting", "fomc_statement"),
    (r"(bls_)?(core_)?cpi(_[my]_[my])?|consumer_price_index", "cpi"),
    (r"(bls_)?employment_situation|nfp|nonfarm_payrolls?|non_farm_(payrolls?|employment_change)", "nfp"),
    (r"unemployment_rate|average_hourly_earnings(_m_m)?", "nfp"),
    (r"(bls_)?(core_)?ppi(_[my]_[my])?|producer_price_index(es)?", "ppi"),
    (r"eia|eia_weekly_petroleum.*|weekly_petroleum_status_report|crude_oil_inventories", "eia"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something scheduled. `ts` is ns UTC; None when only the date is known, and then the whole day is meant."""

    kind: str
    ts: int | None
    date: date  # New York
    status: str
    file: str
    source: str = ""

    @property
    def place(self) -> str:
        """The file it was read from, and what that file says about its origin."""
        return f"{self.file}: {self.source}" if self.source else self.file


def kind_of(name: str) -> str:
    """The kind that an issuer's or feed's event name means: `Consumer Price Index` → `cpi`; else a slug of the name."""
    # A feed adds the reference period: "GDP (Third Estimate), 3rd Quarter 2026" is the kind "gdp".
    slug = re.sub(r"[^a-z0-9]+", "_", re.split(r"[(,]", name.lower())[0]).strip("_")
    return next((kind for pattern, kind in _NAMES if re.fullmatch(pattern, slug)), slug)


def status_of(text: str) -> str | None:
    """The status that a word means, or None for a word that means none."""
    word = text.strip().lower()
    word = _SAME_STATUS.get(word, word)
    return word if word in STATUSES else None


def members(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The single kinds that these names stand for: `fomc` becomes statement, press conference and minutes."""
    return tuple(dict.fromkeys(kind for name in kinds for kind in GROUPS.get(name, (name,))))


def local_ns(day: date, hour: int, minute: int, zone: ZoneInfo = NEW_YORK) -> int:
    """A wall-clock moment of a date as ns UTC, daylight saving applied."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp()) * SECOND_NS
