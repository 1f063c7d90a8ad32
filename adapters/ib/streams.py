"""Subscriptions that stand exactly once on every connection, and what the gateway says about them.

Tick-by-tick instruments have `Last` (never `AllLast`, whose combination and average prints would fake a footprint) and
`BidAsk`; every instrument has a line of level 1 besides, which tells of halts and of data that is not live, and is all
that a sampled one has. Source: messages 1, 2, 45, 46, 58, 81 and the codes of data and farms.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ib_async.contract import Contract

from adapters.ib.contracts import Bars, Resolved
from adapters.ib.feeds import DELAYED_TICKS, FEED_OF, Feeds
from adapters.ib.grid import exact
from adapters.ib.link import Link
from adapters.ib.plan import Plan
from adapters.ib.sampled import HALTED, RT_VOLUME_TICK, Sampled, stamp_of
from adapters.ib.wire import Wire
from bot.domain.market import HALT, PRINT, QUOTE, RESUME, STATUS

AGAIN_S = 16.0
"""IB takes one tick-by-tick request for an instrument in 15 s: one that comes too early is asked again then."""
QUIET_S = 10.0
"""So long ticks may take to come after a farm or the gateway is well again; then we subscribe anew, once."""
RIVAL_S = 60.0
"""How often we ask again for data that another log-in has taken."""
NO_PERMISSION = frozenset({354, 10089, 10168, 10186, 10189})
NO_LINE, NO_STREAM, DELAYED_SHOWN, RIVAL, UNKNOWN_CONTRACT = 101, 10190, 10167, 10197, 200
NOTHING_NEW = frozenset({300, 317, 10090, 10182})
LOST = frozenset({1100, 2110})
FARM_BROKEN, FARM_WELL, TAPE_ENDED = 2103, 2104, 2199
Ask = Literal["Last", "BidAsk", "level 1"]
KIND_OF = {"BidAsk": QUOTE, "Last": PRINT}
DELAYED_DATA = 3
_log = logging.getLogger("paperpit.ib")


@dataclass(frozen=True, slots=True)
class Stream:
    """A subscription of this connection."""

    instrument: int
    ask: Ask


class Streams:
    """All subscriptions, and the ears for everything that is data."""

    def __init__(self, link: Link, contracts: Sequence[Resolved], plan: Plan, *, delayed: bool) -> None:
        self.over = False
        """The tape that the gateway plays has ended."""
        self._link, self._frames, self._now, self._delayed = link, link.frames, link.now_ns, delayed
        self._contracts = contracts
        self._facts = [one.instrument for one in contracts]
        self._how = [plan.how(one.product) for one in self._facts]
        names = [one.product for one in self._facts]
        self.feeds = Feeds(names, [FEED_OF[how] for how in self._how], link.report, link.now_ns)
        self._sampled = [Sampled(self._frames, index, one) for index, one in enumerate(self._facts)]
        self._halted = [False] * len(contracts)
        self._streams: dict[int, Stream] = {}
        self._asked = [(float("-inf"), float("-inf"))] * len(contracts)
        self._timers: dict[tuple[str, int], asyncio.TimerHandle] = {}
        bars = Bars(link)
        self.historicalData, self.historicalDataEnd = bars.historicalData, bars.historicalDataEnd

    # Asking

    def begin(self) -> None:
        """Subscribe everything; what a broken connection does not take is subscribed when it is restored."""
        self._forget_all()
        if self._delayed:
            self._tell(lambda wire: wire.reqMarketDataType(DELAYED_DATA))
        # Streams of all instruments first: a simulated market may begin as soon as anybody listens.
        for instrument in range(len(self._facts)):
            self._ask_streams(instrument)
        for instrument in range(len(self._facts)):
            self._ask_level_1(instrument)

    def restore(self, anew: bool) -> None:
        """The link is whole again: `anew`, subscriptions are lost; else they are kept, and ticks prove it."""
        if anew:
            for instrument in range(len(self._facts)):
                self.feeds.stale(instrument, "subscribed anew; the next tick proves it")
            self.begin()
        self._watch_silence()

    def close(self) -> None:
        """Nothing is asked any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _ask_streams(self, instrument: int) -> None:
        if self._how[instrument] != "tick-by-tick":
            return
        one, facts = self._contracts[instrument], self._facts[instrument]
        self._asked[instrument] = (self._asked[instrument][1], asyncio.get_running_loop().time())
        for ask, kind in KIND_OF.items():
            number = self._open(instrument, "Last" if ask == "Last" else "BidAsk")
            self._frames.watch(number, instrument, facts.tick, kind, off_grid=facts.kind == "stock")
            self._tell(_stream(number, one.contract, ask))

    def _ask_level_1(self, instrument: int) -> None:
        if self._how[instrument] == "refused":
            return
        generic = RT_VOLUME_TICK if self._how[instrument] == "sampled" else ""
        number, contract = self._open(instrument, "level 1"), self._contracts[instrument].contract
        self._sampled[instrument].begin()
        self._tell(lambda wire: wire.reqMktData(number, contract, generic, False, False, []))

    def _again(self, instrument: int) -> None:
        """Subscribe one instrument anew."""
        self._cancel(instrument)
        self._ask_streams(instrument)
        self._ask_level_1(instrument)

    def _cancel(self, instrument: int, *asks: Ask) -> None:
        """End an instrument's subscriptions, all of them or those named."""
        for number, stream in list(self._streams.items()):
            if stream.instrument != instrument or (asks and stream.ask not in asks):
                continue
            del self._streams[number]
            self._frames.forget(number)
            self._tell(_cancelling(number, stream.ask))

    def _forget_all(self) -> None:
        for number in self._streams:
            self._frames.forget(number)
        self._streams.clear()
        self.close()

    def _open(self, instrument: int, ask: Ask) -> int:
        number = self._link.next_question()
        self._streams[number] = Stream(instrument, ask)
        return number

    def _tell(self, send: Callable[[Wire], None]) -> None:
        try:
            self._link.tell(send)
        except ConnectionError as error:
            # The link restores itself and then calls `restore`.
            _log.info("not subscribed: %s", error)

    # Level 1

    def priceSizeTick(self, number: int, kind: int, price: float, size: float) -> None:
        """Message 1: a price with its size."""
        instrument = self._level_1(number, kind)
        if instrument is not None:
            self._sampled[instrument].price(kind, price, size, self._now())

    def tickSize(self, number: int, kind: int, size: float) -> None:
        """Message 2: a size."""
        instrument = self._level_1(number, kind)
        if instrument is not None:
            self._sampled[instrument].size(kind, size, self._now())

    def tickString(self, number: int, kind: int, value: str) -> None:
        """Message 46: a text."""
        instrument = self._level_1(number, kind)
        if instrument is not None:
            stamp = stamp_of(value) if self._link.tape else 0
            self._sampled[instrument].text(kind, value, max(self._now(), stamp))

    def tickGeneric(self, number: int, kind: int, value: float) -> None:
        """Message 45: a number; trading is halted or goes on."""
        stream = self._streams.get(number)
        if stream is None or kind != HALTED or (value > 0) == self._halted[stream.instrument]:
            return
        self._halted[stream.instrument] = value > 0
        self._frames.add(stream.instrument, self._now(), STATUS, flags=HALT if value > 0 else RESUME)

    def marketDataType(self, number: int, kind: int) -> None:
        """Message 58: live, frozen or delayed."""
        stream = self._streams.get(number)
        if stream is not None:
            self.feeds.typed(stream.instrument, kind)

    def tickReqParams(self, number: int, min_tick: float, exchange: str, permissions: int) -> None:
        """Message 81: also when the grid changes under a running subscription."""
        stream = self._streams.get(number)
        known = self._contracts[stream.instrument].min_tick if stream else None
        if stream is None or known is None or not min_tick or exact(min_tick) == known:
            return
        product = self._facts[stream.instrument].product
        why = f"{product}'s tick is now {exact(min_tick):f} and was {known:f}: prices are wrong until the next start"
        self.feeds.closed(stream.instrument, why)

    def _level_1(self, number: int, kind: int) -> int | None:
        """The instrument whose rows are made of level 1; delayed data makes none in a trading run."""
        stream = self._streams.get(number)
        if stream is None:
            return None
        if kind in DELAYED_TICKS:
            self.feeds.typed(stream.instrument, DELAYED_DATA)
            return stream.instrument if self._delayed and self._how[stream.instrument] == "sampled" else None
        return stream.instrument if self._how[stream.instrument] == "sampled" else None

    # What goes wrong

    def data_error(self, number: int, code: int, text: str) -> None:
        """A message about a subscription."""
        if code == TAPE_ENDED:
            self.over = True
            self._link.wake.set()
            return
        stream = self._streams.get(number)
        if stream is None or code in NOTHING_NEW:
            return
        instrument, product = stream.instrument, self._facts[stream.instrument].product
        words = f"{product}: {text.strip()} ({code})"
        if code == DELAYED_SHOWN:
            self.feeds.typed(instrument, DELAYED_DATA)
        elif code in NO_PERMISSION and self._delayed and stream.ask != "level 1":
            self._sample(instrument, words)
            self.feeds.typed(instrument, DELAYED_DATA)
        elif code in NO_PERMISSION:
            self.feeds.refused(instrument, f"{words}; subscribe to the live data of {self._home(instrument)}")
        elif code == RIVAL:
            self.feeds.refused(instrument, f"{words}; log out wherever else this user is logged in")
            self._later("rival", instrument, RIVAL_S, partial(self._still_refused, instrument))
        elif code in (NO_STREAM, NO_LINE) and stream.ask != "level 1":
            self._no_stream(instrument, words)
        elif code == NO_LINE:
            self._no_line(instrument, words)
        elif code == UNKNOWN_CONTRACT:
            self.feeds.closed(instrument, words)
        else:
            self.feeds.stale(instrument, words)

    def farm(self, code: int, text: str) -> None:
        """A data farm, or the gateway's line to IB. Which instruments a farm serves is not told: the next tick is."""
        if code in LOST or code == FARM_BROKEN:
            for instrument in range(len(self._facts)):
                self.feeds.stale(instrument, f"{text.strip()} ({code})")
        elif code == FARM_WELL:
            self._watch_silence()

    def _no_stream(self, instrument: int, words: str) -> None:
        """No tick-by-tick: too early, or none is left."""
        before, now = self._asked[instrument]
        if now - before < AGAIN_S - 1:
            self._cancel(instrument, "Last", "BidAsk")
            self.feeds.stale(instrument, f"{words}; asked again in {AGAIN_S:g} s")
            self._asked[instrument] = (float("-inf"), now)
            self._later("streams", instrument, AGAIN_S, partial(self._ask_streams_late, instrument))
        else:
            self._sample(instrument, f"{words}; it is only sampled from here on")

    def _ask_streams_late(self, instrument: int) -> None:
        self._ask_streams(instrument)
        # So long after the last one a refusal is no matter of pace.
        self._asked[instrument] = (float("-inf"), self._asked[instrument][1])

    def _no_line(self, instrument: int, words: str) -> None:
        if self._how[instrument] == "sampled":
            self.feeds.refused(instrument, f"{words}; TWS's own watch lists take lines too")
        else:
            _log.warning("%s; halts of it will not be seen", words)

    def _sample(self, instrument: int, why: str) -> None:
        """Make do with level 1 from here on, in this run."""
        if self._how[instrument] == "sampled":
            return
        self._how[instrument] = "sampled"
        self._cancel(instrument)
        self.feeds.sampled(instrument, why)
        self._ask_level_1(instrument)

    def _home(self, instrument: int) -> str:
        facts = self._facts[instrument]
        return facts.primary_exchange or facts.exchange

    def _watch_silence(self) -> None:
        """What is waited for should come soon; if it does not, subscribe that instrument anew, once."""
        for instrument in self.feeds.waiting:
            self._later("silence", instrument, QUIET_S, partial(self._still_silent, instrument))

    def _still_silent(self, instrument: int) -> None:
        if instrument in self.feeds.waiting and self.feeds.state(instrument) == "stale":
            self._again(instrument)

    def _still_refused(self, instrument: int) -> None:
        if instrument in self.feeds.waiting:
            self._again(instrument)

    def _later(self, what: str, instrument: int, seconds: float, do: Callable[[], None]) -> None:
        """Call once, so long from now; the same thing asked again counts from then."""
        key = what, instrument
        if key in self._timers:
            self._timers[key].cancel()

        def due() -> None:
            self._timers.pop(key, None)
            do()

        self._timers[key] = asyncio.get_running_loop().call_later(seconds, due)


def _stream(number: int, contract: Contract, ask: str) -> Callable[[Wire], None]:
    return lambda wire: wire.reqTickByTickData(number, contract, ask, 0, False)


def _cancelling(number: int, ask: Ask) -> Callable[[Wire], None]:
    if ask == "level 1":
        return lambda wire: wire.cancelMktData(number)
    return lambda wire: wire.cancelTickByTickData(number)
