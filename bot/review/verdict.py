"""The sentence that follows from an evaluation: an edge is said only where the bound at every look is above zero."""

from collections.abc import Mapping
from typing import Any

from bot.review.looks import bounds, lacking
from bot.review.stats import DEFLATED_MIN, counted
from bot.review.words import signed

SURE = 0.05
"""How often chance may do as well as the signals did."""

Shape = Mapping[str, Any]


def verdict(shape: Shape) -> dict[str, Any]:
    """`edge` and `words` of one group: what may be said, and no more.

    `shape` has `mean_r`, `random`, `turns` and `deflated_sharpe` as `evaluate` makes them.
    """
    mean = shape["mean_r"]
    turns = "the sign depends on the fill model: " if shape["turns"] else ""
    if mean["value"] is None:
        return {"edge": False, "words": f"nothing is shown: {_nothing(shape)}"}
    if mean["high"] < 0:
        return {"edge": False, "words": f"{turns}loses after costs: {bounds(mean)}"}
    if mean["low"] <= 0:
        return {"edge": False, "words": f"{turns}nothing is shown: {bounds(mean)}; {lacking(mean)}"}
    if against := _against(shape):
        return {"edge": False, "words": f"{turns}gains after costs, but no edge is shown: {against}; {bounds(mean)}"}
    chance = f"random entries like these do as well one time in {round(1 / shape['random']['p']):,}"
    return {"edge": True, "words": f"an edge after costs, on paper: {bounds(mean)}; {chance}"}


def _nothing(shape: Shape) -> str:
    if shape["taken"]:
        return f"{counted(shape['taken'], 'entry', 'entries')} taken, no round trip"
    return "no round trip"


def _against(shape: Shape) -> str:
    """What stands against saying so although the bound is above zero; empty when nothing does."""
    random, sharpe = shape["random"], shape["deflated_sharpe"]
    if random["p"] is None:
        return "random entries were not asked for, or none is like these"
    if random["difference"] <= 0 or random["p"] > SURE / shape["among"]:
        made = f"{signed(random['r_random'])} R, these {signed(random['r'])}"
        return f"random entries at such times make {made} (p {random['p']:.3f})"
    if shape["turns"]:
        return "by another fill model it loses"
    if sharpe is None or sharpe["value"] is None or sharpe["value"] < DEFLATED_MIN:
        return f"no more than the best of what was tried may by chance ({sharpe['words'] if sharpe else 'not known'})"
    return ""
