"""What the market does on a day, whatever goes wrong: prices as a function of time, and signals at their moments."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from bot.domain.instrument import Instrument
from bot.domain.market import DAY, Days
from tests.sim.loop import SECOND_NS
from tests.sim.plan import Shape

OPEN_NS = 1_779_888_600 * SECOND_NS
"""2026-05-27 09:30 New York: the day's first moment."""
SESSION_S = 32 * 60
"""How long the exchange is open."""
SETTLE_S = 60
"""After the healing everything must have come to rest within so many seconds."""
BEGIN = (16_800, 71_000)
INSTRUMENTS = (
    Instrument(
        "ES", Decimal("0.25"), Decimal("12.50"), contract="ESM2026", exchange="CME", commission=Decimal("2.25"),
        events=("cpi",), max_order=3, max_position=6, max_spread_ticks=2, min_stop_ticks=2,
        max_bracket_risk=Decimal(900),
    ),
    Instrument(
        "NQ", Decimal("0.25"), Decimal("5"), contract="NQM2026", exchange="CME", commission=Decimal("2.25"),
        events=("cpi",), max_order=3, max_position=4, max_spread_ticks=2, min_stop_ticks=2,
        max_bracket_risk=Decimal(900),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What a strategy will want at a signal. Distances are ticks, times seconds."""

    at_s: float
    instrument: int
    side: int
    quantity: int
    offset: int
    """Ticks from the near touch; below 0 the entry meets the other side at once."""
    stop: int
    target: int
    ttl_s: int
    time_stop_s: int


class Script:
    """A day's market."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self.wishes = tuple(self._wishes(Random(f"{seed}:signals"), shape))
        self._steps = [Random(f"{seed}:price:{index}") for index in range(len(INSTRUMENTS))]
        self._prices = [[begin] for begin in BEGIN]

    def bid(self, instrument: int, second: int) -> int:
        """The best bid in a second of the day; the ask is one tick above."""
        prices, chance = self._prices[instrument], self._steps[instrument]
        while len(prices) <= second:
            prices.append(prices[-1] + chance.choice((-2, -1, -1, 0, 0, 0, 1, 1, 2)))
        return prices[second]

    def _wishes(self, chance: Random, shape: Shape) -> list[Wish]:
        """Sixteen at most, ten seconds at least between two; a smaller day has the first of a larger one."""
        found, at_s = [], 3.0
        gap = shape.minutes * 60 / 16
        for _ in range(16):
            at_s += round(chance.uniform(0.25, 1.5) * gap, 3)
            stop = chance.randint(2, 6)
            found.append(
                Wish(
                    at_s,
                    chance.randrange(len(INSTRUMENTS)),
                    chance.choice((1, -1)),
                    chance.choice((1, 1, 2, 3)),
                    chance.choice((-1, -1, 0, 1, 4)),
                    stop,
                    stop + chance.randint(0, 4),
                    chance.choice((5, 20, 40)),
                    chance.choice((0, 0, 15)),
                )
            )
        return [wish for wish in found if wish.instrument < shape.instruments][: shape.signals]


def sessions() -> Days:
    """The day as the exchange's calendar has it."""
    import numpy as np

    days = np.zeros(1, DAY)
    close = OPEN_NS + SESSION_S * SECOND_NS
    days[0] = (OPEN_NS - 60 * SECOND_NS, close, OPEN_NS, close, 20_260_527)
    return days
