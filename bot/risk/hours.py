"""When a strategy may enter: its own hours inside the exchange's sessions."""

from bisect import bisect_right
from datetime import date, timedelta

from bot.config.bot_file import RiskSettings
from bot.config.strategy_file import HoursSettings
from bot.domain.market import Days
from bot.risk.events import local_ns


class Sessions:
    """DAY rows as plain lists: the desk asks for the session of a moment at every fill and every proposal."""

    def __init__(self, days: Days) -> None:
        self.opens: list[int] = days["open"].tolist()
        self.closes: list[int] = days["close"].tolist()
        self.anchors: list[int] = days["anchor"].tolist()
        self.anchor_closes: list[int] = days["anchor_close"].tolist()
        self.dates: list[int] = days["date"].tolist()

    def at(self, ts: int) -> int:
        """Index of the last session with open ≤ `ts`, which may have ended; −1 before the first."""
        return bisect_right(self.opens, ts) - 1

    def date(self, ts: int) -> int:
        """Trading day (yyyymmdd) of a moment; after a close it is still the day that ended. 0 = unknown."""
        index = self.at(ts)
        return self.dates[index] if index >= 0 else 0


class Hours:
    """Entry hours of one strategy on one instrument.

    `regular` ends at the regular close, `extended` and `any` at the session's close; the last `no_entry_before_close`
    of them is left out. `any` lifts all of that but the time in which the desk is flattening already.
    """

    def __init__(self, sessions: Sessions, settings: HoursSettings, risk: RiskSettings) -> None:
        self._sessions, self._settings, self._risk = sessions, settings, risk
        self._known: dict[int, tuple[int, int]] = {}

    def window(self, index: int) -> tuple[int, int]:
        """[from, to) in which entries are allowed in session `index`; empty (from ≥ to) when there is no such time."""
        found = self._known.get(index)
        if found is None:
            found = self._known[index] = self._window(index)
        return found

    def close(self, index: int) -> int:
        """The close that this strategy trades towards: of regular hours, or of the whole session."""
        regular = self._settings.session == "regular"
        return (self._sessions.anchor_closes if regular else self._sessions.closes)[index]

    @property
    def name(self) -> str:
        """`regular`, `extended` or `any`."""
        return self._settings.session

    def _window(self, index: int) -> tuple[int, int]:
        kind = self._settings.session
        first = self._sessions.anchors[index] if kind == "regular" else self._sessions.opens[index]
        margin = self._risk.flatten_before_close if kind == "any" else self._risk.no_entry_before_close
        last = self.close(index) - margin
        if self._settings.start is not None:
            first = max(first, self._clock(index, self._settings.start))
        if self._settings.end is not None:
            last = min(last, self._clock(index, self._settings.end))
        return first, last

    def _clock(self, index: int, text: str) -> int:
        """A New York time of day inside session `index`: after its close, it is meant for the evening before."""
        number = self._sessions.dates[index]
        day = date(number // 10_000, number // 100 % 100, number % 100)
        hour, minute = int(text[:2]), int(text[3:])
        at = local_ns(day, hour, minute)
        return at if at <= self._sessions.closes[index] else local_ns(day - timedelta(days=1), hour, minute)
