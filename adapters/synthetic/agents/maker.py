"""The market maker: half of what rests and is filled is his, and what he holds decides how he quotes.

`literature` (Ho and Stoll 1981; Avellaneda and Stoikov 2008): long inventory shifts both quotes down, short both up,
and those who would add to it come less, the others more. `seed` (the lesson): inventory lowers bids and raises offers,
a wider spread and no shift. `none`: he holds what he holds and does not care. He is one of several who rest orders, so
what he does is told from the rest only by and large. While something is staged he stands aside.
"""

from typing import Any

from adapters.synthetic.book import fresh, quote, toward
from adapters.synthetic.chance import Rng, below
from adapters.synthetic.state import ASK, BID, LITERATURE, NO_MAKER, SECOND, SEED
from bot.domain.market import Ticks
from bot.kernel import part

_LIMIT, _LOADED = 1_500, 300
"""Most of a load that counts, and how much makes the seed's maker step back; 1000 is half a usual minute's volume."""
_DRAWN, _SHOWN, _SHIFTS, _STEPS = 400, 150, 40, 400
"""At a load of 1000: per mille more orders towards a flat book, fewer resting ones; shifts and steps back, mHz."""
_STAYING = 3_000
_STEP_TICKS, _STEP_NS = 2, 8 * SECOND


@part
def bear(s: Any, k: int, volume: int) -> None:
    """A market order hit side k: the maker's half of it is his now (bid) or gone (ask).

    Not so while something is staged, which others meet, nor what makes up for a one-sided day.
    """
    if s.busy == 0:
        met = volume * 500 // s.met_share[k]
        s.stock += met if k == BID else -met


@part
def load(s: Any) -> int:
    """His inventory over half a usual minute's volume, per mille, long above 0; 0 while he stands aside."""
    if s.busy > 0:
        return 0
    held = min(abs(s.stock) * 1_000 // max(s.usual, 1), _LIMIT)
    return int(held if s.stock > 0 else -held)


@part
def drawn_by(s: Any, k: int, loaded: int) -> int:
    """Factor on market orders that hit side k, per mille: the side that he wants to trade on is the better price."""
    drawn = 0 if s.maker == NO_MAKER else _DRAWN if s.maker == LITERATURE else _DRAWN // 3
    return int(1_000 + (loaded if k == ASK else -loaded) * drawn // 1_000)


@part
def shown(s: Any, k: int, loaded: int, nature: Any) -> int:
    """Factor on limit orders that join side k, per mille: who is long bids for less and offers more."""
    if s.maker != LITERATURE:
        return 1_000
    return int(1_000 + (loaded if k == ASK else -loaded) * _SHOWN // 1_000 * nature.sway // 1_000)


@part
def stays(s: Any, k: int, rng: Rng, nature: Any) -> bool:
    """Whether he, who wants to trade on side k, is the one who stays when everybody else at its touch has cancelled.

    The seed's maker has his reasons on both sides: while he is loaded, only his stepping back moves quotes.
    """
    loaded = load(s)
    if s.maker == LITERATURE:
        return bool(below(rng, 1_000) < _STAYING * nature.sway // 1_000 * (loaded if k == ASK else -loaded) // 1_000)
    return bool(s.maker == SEED and abs(loaded) >= _LOADED)


@part
def reaction(s: Any, loaded: int, nature: Any) -> int:
    """Rate of his shifts or steps back, mHz."""
    if s.maker == LITERATURE:
        return int(abs(loaded) * _SHIFTS // 1_000 * nature.sway // 1_000)
    if s.maker == SEED and abs(loaded) >= _LOADED and s.stepped == 0:
        return _STEPS
    return 0


@part
def react(s: Any, loaded: int, rng: Rng, nature: Any, out: Ticks) -> None:
    """He moves both quotes away from what he holds, or one each way."""
    if s.floor >= 0 or s.absent >= 0 or s.stop_side >= 0 or s.price[ASK] - s.price[BID] != nature.wide:
        return
    if s.maker == SEED:
        s.wide, s.stepped = nature.wide + 2 * _STEP_TICKS, s.ts + _STEP_NS
        for k in range(2):
            _requote(s, k, toward(k) * _STEP_TICKS, rng, nature)
    else:
        ahead = BID if loaded > 0 else ASK
        _requote(s, ahead, toward(ahead), rng, nature)
        quote(s, out)
        _requote(s, 1 - ahead, toward(ahead), rng, nature)
    quote(s, out)


@part
def _requote(s: Any, k: int, by: int, rng: Rng, nature: Any) -> None:
    s.price[k] += by
    s.size[k], s.used[k] = fresh(rng, nature), 0


@part
def come_back(s: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    """The seed's maker has been away long enough: he quotes where he did, or others close what is left of his gap."""
    if s.stepped == 0 or s.ts < s.stepped:
        return
    s.stepped = 0
    if s.wide != nature.wide + 2 * _STEP_TICKS:
        return  # something is staged, and the spread is not his any more
    s.wide = nature.wide
    if s.price[ASK] - s.price[BID] == nature.wide + 2 * _STEP_TICKS:
        for k in range(2):
            _requote(s, k, -toward(k) * _STEP_TICKS, rng, nature)
        quote(s, out)
