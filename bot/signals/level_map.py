"""Stop-cluster map: the prices that everybody sees, behind which stops are thought to rest, and how strongly.

Definition (long: levels that hold from below; the short side is its mirror, prices are signed by the side)
    round numbers (minor and major grid of the product), which do not age; low and close of the regular hours before;
    the day's low so far, the overnight low, the low of the first five minutes of the regular hours; swing lows: a bar
    of the timeframe lower than the five on either side, known when the fifth after it has closed; the low of the last
    half hour. A swing that was traded through is gone.
    S(x) = Σ w · exp(−|x − level| / 2 ticks) · exp(−age / 6 h) · (1 + ¼·min(touches, 4))
    Age counts from when a price became that level. A touch: the low of a minute comes within a tick and does not go
    through; minutes in a row are one touch.
Mechanism
    Everything is brought up to date when a minute of event time is over, from the minute's own extremes; between that a
    print asks only whether it left the gap between the next level below and the next one above.
Source
    Specification of signals §7. Stops cluster just beyond round numbers (Osler 2003, 2005: currencies); weights are
    guesses, those of the close before and of the half hour our own.
"""

import math

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import Ticks
from bot.kernel import Row, part
from bot.signals.epochs import NEVER

MINOR, MAJOR, PRIOR, CLOSE, DAY_LOW, NIGHT, OPENING, WINDOW, SWING = range(1, 10)
"""Kinds of a level, as the evidence gives them."""
KINDS = (
    "none",
    "round",
    "major_round",
    "prior_day",
    "prior_close",
    "day",
    "overnight",
    "opening",
    "half_hour",
    "swing",
)
WEIGHTS = (0.0, 0.3, 0.7, 1.0, 0.5, 1.0, 0.8, 0.6, 0.6, 0.7)
"""By kind."""
NOWHERE = -(1 << 40)
NOTHING = 1 << 40
"""Lowest price where none was printed."""
TICKS, AGE_NS, TOUCHES_MAX, NEAR = 2.0, 6 * 3600 * SECOND_NS, 4, 1
OPENING_NS = 300 * SECOND_NS
WING = 5
"""Bars on either side that make a swing."""
_SINGLES, _SWINGS, ROUNDS, STEPS, SECONDS = 6, 16, 8, 64, 64
_FIRST = PRIOR
"""Levels of the kinds PRIOR to WINDOW have a slot each, then come the newest swings."""
SETTLED = 5
"""So many minutes must have passed before their low is one that anybody waits behind."""

LEVEL = np.dtype(
    [
        ("price", "i8"),  # signed; NOWHERE: the slot is empty
        ("kind", "i8"),
        ("born", "i8"),
        ("touches", "i8"),
        ("last_touch", "i8"),
        ("touching", "i8"),  # the newest minute touched it
    ],
    align=True,
)
SIDE = np.dtype(
    [
        ("below", "i8"),  # the highest level at or below the newest print
        ("above", "i8"),  # the lowest one above it
        ("low", "i8"),  # of this second, the minute, the bar, the regular hours
        ("minute_low", "i8"),
        ("bar_low", "i8"),
        ("regular", "i8"),
        ("seconds", "i8", (SECONDS,)),  # lows of seconds past
        ("lows", "i8", (STEPS,)),  # of minutes past
        ("bar_lows", "i8", (2 * WING + 1,)),
        ("swings", "i8"),  # how many there have been
        ("rounds", "i8"),
        ("levels", LEVEL, (_SINGLES + _SWINGS,)),
        ("touched", LEVEL, (ROUNDS,)),  # round numbers that were
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("minor", "i8"),  # the product's round grids, ticks
        ("major", "i8"),
        ("step", "i8"),  # a minute
        ("frame", "i8"),  # a bar of the timeframe
        ("window", "i8"),  # minutes in half an hour
        ("next", "i8"),  # when the minute is over
        ("ticked", "i8"),  # whole seconds that have passed
        ("steps", "i8"),
        ("bars", "i8"),
        ("opened", "i8"),  # the session, and its regular hours once they have begun
        ("anchor", "i8"),
        ("regular_until", "i8"),
        ("opening_at", "i8"),
        ("last", "i8"),  # newest print, and the last one of the regular hours
        ("close", "i8"),
        ("spans", "f8"),  # Σ range of the regular minutes, and their number
        ("counted", "i8"),
        ("sides", SIDE, (2,)),
    ],
    align=True,
)


def prepare(state: Ticks, timeframe: int, step: int, window: int) -> None:
    """Empty a STATE (an array of one) and say how long its minutes and bars are, ns; the grid is set by the roster."""
    state["minor"], state["major"] = 1 << 30, 1 << 30
    state["step"] = step
    state["frame"] = timeframe if step <= timeframe <= 900 * SECOND_NS and timeframe % step == 0 else step
    state["window"] = max(1, min(STEPS, window // step))
    state["opened"] = state["anchor"] = np.iinfo(np.int64).min
    state["opening_at"] = NEVER
    state["last"] = state["close"] = NOTHING
    sides = state["sides"]
    for name in ("low", "minute_low", "bar_low", "regular", "seconds", "lows", "bar_lows"):
        sides[name] = NOTHING
    sides["below"] = sides["above"] = NOWHERE
    sides["levels"]["price"] = sides["touched"]["price"] = NOWHERE


@part
def lose(m: Row) -> None:
    """Where price stands is not known: the next print breaks nothing."""
    for k in range(2):
        m.sides[k].below = m.sides[k].above = NOWHERE


@part
def settle(level: Row, kind: int, price: int, ts: int) -> None:
    """Let a price be the level of a slot from `ts` on, unless it is that already."""
    if level.price != price:
        level.price, level.kind, level.born = price, kind, ts
        level.touches, level.last_touch, level.touching = 0, 0, 1


@part
def round_kind(m: Row, price: int) -> int:
    """MAJOR or MINOR of a round number, 0 of any other price."""
    return MAJOR if price % m.major == 0 else MINOR if price % m.minor == 0 else 0


@part
def worth(level: Row, kind: int, x: int, ts: int) -> float:
    """What one level adds to the strength at `x`."""
    age = max(0, ts - level.born) / AGE_NS if kind > MAJOR else 0.0
    touched = 1.0 + 0.25 * min(level.touches, TOUCHES_MAX)
    return float(WEIGHTS[kind] * math.exp(-abs(x - level.price) / TICKS - age) * touched)


@part
def find_touched(s: Row, price: int) -> int:
    """The slot of a round number that was touched lately; -1 for any other."""
    for j in range(ROUNDS):
        if s.touched[j].price == price:
            return j
    return -1


@part
def strength(m: Row, k: int, x: int, ts: int) -> float:
    """S(x) of side k (0 long) at the signed price `x`."""
    s, total = m.sides[k], 0.0
    for j in range(s.levels.shape[0]):
        level = s.levels[j]
        if level.price != NOWHERE:
            total += worth(level, level.kind, x, ts)
    under = x // m.minor * m.minor
    for i in range(2):
        number = under + i * m.minor
        j = find_touched(s, number)
        if j >= 0:
            total += worth(s.touched[j], round_kind(m, number), x, ts)
        else:
            total += WEIGHTS[round_kind(m, number)] * math.exp(-abs(x - number) / TICKS)
    return total


@part
def heaviest(m: Row, k: int, x: int) -> tuple[int, int, int, int]:
    """(kind, touches, last touch, born) of the weightiest level right at `x`; a round number was never born."""
    s = m.sides[k]
    kind, touches, last, born = round_kind(m, x), 0, 0, 0
    j = find_touched(s, x)
    if j >= 0:
        touches, last = s.touched[j].touches, s.touched[j].last_touch
    for j in range(s.levels.shape[0]):
        level = s.levels[j]
        if level.price == x:
            if WEIGHTS[level.kind] > WEIGHTS[kind]:
                kind, born = level.kind, level.born
            touches, last = max(touches, level.touches), max(last, level.last_touch)
    return kind, touches, last, born


@part
def highest(m: Row, k: int, price: int) -> int:
    """The highest level at or below a signed price."""
    s = m.sides[k]
    below = price // m.minor * m.minor
    for j in range(s.levels.shape[0]):
        if below < s.levels[j].price <= price:
            below = s.levels[j].price
    return int(below)


@part
def lowest_since(m: Row, k: int, seconds: int) -> int:
    """The lowest signed price in this second and in so many whole ones before it."""
    s = m.sides[k]
    low = s.low
    for i in range(min(seconds, m.ticked, SECONDS)):
        low = min(low, s.seconds[(m.ticked - 1 - i) % SECONDS])
    return int(low)


@part
def look_around(m: Row, k: int, price: int) -> None:
    """Find the levels next to a signed price."""
    s = m.sides[k]
    s.below = highest(m, k, price)
    s.above = price // m.minor * m.minor + m.minor
    for j in range(s.levels.shape[0]):
        if price < s.levels[j].price < s.above:
            s.above = s.levels[j].price


@part
def touch(level: Row, low: int, ts: int) -> None:
    """A minute is over whose low was `low`."""
    near = 1 if level.price <= low <= level.price + NEAR else 0
    if near and not level.touching:
        level.touches += 1
        level.last_touch = ts
    level.touching = near


@part
def touch_round(m: Row, s: Row, low: int, ts: int) -> None:
    """The same for round numbers: one that was never touched takes the place of the one touched first."""
    number = low // m.minor * m.minor
    for j in range(ROUNDS):
        if s.touched[j].price != NOWHERE:
            touch(s.touched[j], low, ts)
    if low - number <= NEAR and find_touched(s, number) < 0:
        level = s.touched[s.rounds % ROUNDS]
        s.rounds += 1
        settle(level, MINOR, number, ts)
        level.touches, level.last_touch = 1, ts


@part
def swing(m: Row, s: Row, low: int, ts: int) -> None:
    """A bar is over: the one five before it is a swing if it is lower than all those around."""
    span = s.bar_lows.shape[0]
    s.bar_lows[m.bars % span] = low
    if m.bars + 1 < span:
        return
    middle = s.bar_lows[(m.bars - WING) % span]
    for i in range(span):
        if i != WING and s.bar_lows[(m.bars - i) % span] <= middle:
            return
    settle(s.levels[_SINGLES + s.swings % _SWINGS], SWING, middle, ts)
    s.swings += 1


@part
def lowest_lately(m: Row, s: Row) -> int:
    """The low of the last half hour's minutes; NOTHING before there are enough of them."""
    low = NOTHING
    if m.steps >= SETTLED:
        for i in range(min(m.steps, m.window)):
            low = min(low, s.lows[(m.steps - 1 - i) % STEPS])
    return int(low)


@part
def minute_over(m: Row, s: Row, ts: int) -> None:
    """Bring one side's levels up to date."""
    low = s.minute_low
    if low < NOTHING:
        for j in range(s.levels.shape[0]):
            level = s.levels[j]
            if level.price != NOWHERE:
                touch(level, low, ts)
                if level.kind == SWING and low < level.price:
                    level.price = NOWHERE
        touch_round(m, s, low, ts)
        day = s.levels[DAY_LOW - _FIRST]
        if day.price == NOWHERE or low < day.price:
            settle(day, DAY_LOW, low, ts)
        if ts <= m.regular_until:
            s.regular = min(s.regular, low)
    s.lows[(m.steps - 1) % STEPS] = low
    s.bar_low = min(s.bar_low, low)
    window = lowest_lately(m, s)
    if window < NOTHING:
        settle(s.levels[WINDOW - _FIRST], WINDOW, window, ts)
    if ts == m.opening_at and s.levels[DAY_LOW - _FIRST].price != NOWHERE:
        settle(s.levels[OPENING - _FIRST], OPENING, s.levels[DAY_LOW - _FIRST].price, ts)
    s.minute_low = NOTHING


@part
def second(m: Row, ts: int) -> None:
    """A whole second has passed; if a minute has with it, the map is drawn anew."""
    for k in range(2):
        s = m.sides[k]
        s.seconds[m.ticked % SECONDS] = s.low
        s.minute_low = min(s.minute_low, s.low)
        s.low = NOTHING
    m.ticked += 1
    if ts < m.next:
        return
    begun = m.next > 0
    m.next = ts // m.step * m.step + m.step
    if not begun:
        return
    m.steps += 1
    regular = ts <= m.regular_until and m.sides[0].minute_low < NOTHING
    if regular:
        m.spans += -m.sides[1].minute_low - m.sides[0].minute_low
        m.counted += 1
        m.close = m.last
    for k in range(2):
        minute_over(m, m.sides[k], ts)
    if ts % m.frame == 0:
        for k in range(2):
            swing(m, m.sides[k], m.sides[k].bar_low, ts)
            m.sides[k].bar_low = NOTHING
        m.bars += 1
    for k in range(2):
        if m.sides[k].below != NOWHERE:
            look_around(m, k, (1 - 2 * k) * m.last)


@part
def new_session(m: Row, ts: int) -> None:
    """What was today's is yesterday's."""
    for k in range(2):
        s = m.sides[k]
        if s.regular < NOTHING:
            settle(s.levels[PRIOR - _FIRST], PRIOR, s.regular, ts)
            settle(s.levels[CLOSE - _FIRST], CLOSE, (1 - 2 * k) * m.close, ts)
        s.regular = NOTHING
        for kind in (DAY_LOW, NIGHT, OPENING):
            s.levels[kind - _FIRST].price = NOWHERE
    m.spans, m.counted, m.regular_until = 0.0, 0, 0


@part
def regular_hours(m: Row, day: Row, ts: int) -> None:
    """The regular hours have begun: what the day had so far was the night."""
    m.anchor, m.regular_until = day.anchor, day.anchor_close
    m.opening_at = day.anchor + OPENING_NS if ts < day.anchor + m.step else NEVER
    for k in range(2):
        levels = m.sides[k].levels
        if levels[DAY_LOW - _FIRST].price != NOWHERE:
            settle(levels[NIGHT - _FIRST], NIGHT, levels[DAY_LOW - _FIRST].price, ts)
        levels[DAY_LOW - _FIRST].price = NOWHERE
