"""What each instrument's market data is worth at the moment, told to the desk when it changes.

    live, sampled   as the plan has it
    stale           nothing certain: a farm or the link broke, a stream was refused; the next tick ends it
    delayed         the gateway shows old or frozen data; only live data ends it
    refused         no permission or no line; only data that comes ends it

A sentence goes with every state but the first two, and it names the permission that is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.order import Feed, FeedReport

KINDS = {2: "frozen", 3: "delayed", 4: "delayed and frozen"}
"""Market-data types of message 58, but 1 (live)."""
FEED_OF: Mapping[str, Feed] = {"tick-by-tick": "live", "sampled": "sampled", "refused": "refused"}
"""What the plan gives → what that is worth."""
DELAYED_TICKS = frozenset({66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76})


@dataclass(slots=True)
class _State:
    normal: Feed
    now: Feed
    final: bool = False  # nothing brings it back
    type: int = 1  # of market data, as message 58 has it


class Feeds:
    """The states of all instruments. `say` gets each change as a report, `now_ns` stamps it."""

    def __init__(
        self,
        products: Sequence[str],
        normal: Sequence[Feed],
        say: Callable[[FeedReport], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._products, self._say, self._now_ns = products, say, now_ns
        self._states = [_State(one, one) for one in normal]
        self.waiting: set[int] = set()
        """Instruments that the next tick makes well."""

    def state(self, instrument: int) -> Feed:
        """What its data is worth now."""
        return self._states[instrument].now

    def stale(self, instrument: int, why: str) -> None:
        """Nothing certain until the next tick; what is worse than that stays."""
        if self._states[instrument].now not in ("delayed", "refused"):
            self._set(instrument, "stale", why, heals=True)

    def refused(self, instrument: int, why: str) -> None:
        """No data; should some come after all, they are believed."""
        self._set(instrument, "refused", why, heals=True)

    def closed(self, instrument: int, why: str) -> None:
        """What no tick makes well in this run."""
        self._states[instrument].final = True
        self._set(instrument, "refused", why, heals=False)

    def delayed(self, instrument: int, why: str) -> None:
        """Old data, which never make it well."""
        self._set(instrument, "delayed", why, heals=False)

    def sampled(self, instrument: int, why: str) -> None:
        """From here on no more than samples."""
        self._states[instrument].normal = "sampled"
        self._set(instrument, "sampled", why, heals=False)

    def typed(self, instrument: int, number: int) -> None:
        """The gateway says of which type the data is (message 58)."""
        state = self._states[instrument]
        state.type = number
        if number == 1:
            if state.now == "delayed":
                self._set(instrument, "stale", "live data is back; the next tick proves it", heals=True)
            return
        kind = KINDS.get(number, f"of type {number}")
        self.delayed(
            instrument,
            f"{self._products[instrument]}: the gateway shows {kind} data; subscribe to the exchange's live data, or "
            "share the live account's data with the paper account",
        )

    def ticked(self, instrument: int) -> None:
        """A live tick came."""
        if instrument in self.waiting and self._states[instrument].type == 1:
            self._set(instrument, self._states[instrument].normal, "", heals=False)

    def _set(self, instrument: int, now: Feed, why: str, *, heals: bool) -> None:
        state = self._states[instrument]
        heals = heals and not state.final
        (self.waiting.add if heals else self.waiting.discard)(instrument)
        if state.now != now and (now == "refused" or not state.final):
            state.now = now
            self._say(FeedReport(instrument, now, self._now_ns(), why))
