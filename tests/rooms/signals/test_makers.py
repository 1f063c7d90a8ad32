"""What makers hold and how their quotes react: by hand, on the lesson, and on markets whose maker is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import Ticks
from bot.errors import ConfigError
from bot.signals.engine import Wish, build
from tests.rooms.signals.maker_market import MakerMarket, maker_market
from tests.rooms.signals.scanning import ES, LESSON_DAYS, WEEK
from tests.tapes import Tape, lesson, ns

START = "2026-05-27 10:00"
FIVE_SECONDS = 5 * SECOND_NS
KINDS = ("inventory", "quote_skew", "quote_widen")
Seen = list[tuple[Any, Mapping[str, float]]]


def told(ticks: Ticks, timeframe_ns: int = FIVE_SECONDS, days: Any = WEEK, **params: Any) -> dict[str, Seen]:
    """Events by kind, each with its evidence."""
    engine = build(ES, days, [Wish(timeframe_ns, None, {"inventory": params})])
    events = engine.scan(ticks, int(ticks["ts"][-1]) + 10 * SECOND_NS)
    return {kind: [(e, engine.evidence(e)) for e in events if engine.kinds[e["kind"]] == kind] for kind in KINDS}


def at(seen: Seen, time: str) -> Mapping[str, float]:
    """The evidence of the event of that time."""
    [numbers] = [numbers for event, numbers in seen if event["ts"] == ns(time)]
    return numbers


def test_m25_f3_at_09_39_05_bid_and_offer_move_apart_and_the_mid_stays() -> None:
    """The spread goes from one tick to three. To the literature that is no skew; the lesson's model has its word."""
    seen = told(lesson().rows(), days=LESSON_DAYS)["inventory"]
    before, then = at(seen, "2023-05-25 09:39:00"), at(seen, "2023-05-25 09:39:10")
    assert before["widen"] == 0
    assert (then["reading"], then["d_bid"], then["d_ask"]) == (2, -1, 1)
    assert then["since"] == ns("2023-05-25 09:39:05") / 1e9
    assert (then["widen"], then["skew_down"], then["skew_up"]) == (1, 0, 0)


def test_m20_f4_from_09_35_to_09_40_six_hundred_more_were_bought_so_makers_are_short() -> None:
    """Half of what was taken is thought to be theirs; the pause before 09:35 made the count begin anew."""
    seen = told(lesson().rows(), MINUTE_NS, LESSON_DAYS, tau="1000d")["inventory"]
    assert at(seen, "2023-05-25 09:40")["q_hat"] == pytest.approx(-300, rel=1e-4)
    assert at(seen, "2023-05-25 09:40")["q_v"] < 0
    assert at(seen, "2023-05-25 09:40")["confidence"] == 1


def read(told_by: Seen) -> dict[str, np.ndarray]:
    """Columns of the evidence, and the stamps."""
    names = list(told_by[0][1])
    columns = {name: np.array([numbers[name] for _, numbers in told_by]) for name in names}
    return {**columns, "ts": np.array([event["ts"] for event, _ in told_by])}


def truth(market: MakerMarket, stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the maker held just before each stamp, and whether he had moved both quotes apart within the minute."""
    index = np.searchsorted(market.seconds, stamps - 1, "right") - 1
    past = [[np.median(a[max(0, i - 65) : max(1, i - 4)]) for a in (market.bid_moved, market.ask_moved)] for i in index]
    moved = [(market.bid_moved[i] - bid, market.ask_moved[i] - ask) for i, (bid, ask) in zip(index, past, strict=True)]
    return market.held[index], np.array([bid < 0 < ask for bid, ask in moved])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_m03_the_estimate_follows_what_a_maker_holds(seed: int) -> None:
    """Measured .92 to .93; the specification asks for .5 and the right sign."""
    market = maker_market("literature", seed)
    seen = read(told(market.ticks)["inventory"])
    held, _ = truth(market, seen["ts"])
    later = seen["ts"] > ns(START) + 10 * MINUTE_NS
    assert np.corrcoef(seen["q_hat"][later], held[later])[0, 1] >= 0.8
    known = later & ~np.isnan(seen["q"])
    assert (np.sign(seen["q"][known]) == np.sign(seen["q_hat"][known])).all()


def test_m04_m05_a_maker_who_moves_both_quotes_against_his_inventory_is_read_so() -> None:
    """Where he is thought to hold much and both quotes moved: long reads down, short up."""
    right: dict[int, list[bool]] = {-1: [], 1: []}
    signals = []
    for seed in (1, 2, 3):
        market = maker_market("literature", seed)
        kinds = told(market.ticks)
        seen = read(kinds["inventory"])
        held, _ = truth(market, seen["ts"])
        for reading in right:
            chosen = (np.abs(seen["q"]) >= 1) & (seen["reading"] == reading)
            right[reading] += (np.sign(held[chosen]) == -reading).tolist()
        for event, numbers in kinds["quote_skew"]:
            signals.append(np.sign(truth(market, np.array([event["ts"]]))[0][0]) == -event["side"])
            assert np.sign(numbers["q"]) == -event["side"]
            assert numbers["reading"] == event["side"]
        assert kinds["quote_widen"] == []
    assert min(len(found) for found in right.values()) > 100
    assert min(np.mean(found) for found in right.values()) >= 0.8
    assert len(signals) >= 10
    assert np.mean(signals) >= 0.8


def test_m04_a_maker_after_the_lesson_is_read_to_widen() -> None:
    right = []
    for seed in (1, 2, 3):
        market = maker_market("seed", seed)
        seen = read(told(market.ticks, mm_model="seed")["inventory"])
        _, apart = truth(market, seen["ts"])
        right += apart[seen["reading"] == 2].tolist()
    assert len(right) > 80
    assert np.mean(right) >= 0.8


def test_m04_a_maker_who_does_not_mind_his_inventory_is_read_like_anybody() -> None:
    """Within five points of how often the quotes move that way whatever he holds."""
    columns = [read(told(maker_market("none", seed, hours=6).ticks)["inventory"]) for seed in range(1, 7)]
    seen = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
    for sign in (1, -1):
        much = sign * seen["q"] >= 1
        assert much.sum() > 1000
        for reading in (-1, 1, 2):
            base, then = (np.mean(seen["reading"][rows] == reading) for rows in (slice(None), much))
            assert then == pytest.approx(base, abs=0.05), (sign, reading)


def test_the_model_says_which_quotes_are_a_signal() -> None:
    for model, kind, silent in (("literature", "quote_skew", "quote_widen"), ("seed", "quote_widen", "quote_skew")):
        kinds = told(leaning(model), mm_model=model, q_min=1.0)
        [(event, numbers)] = kinds[kind]
        assert (event["side"], kinds[silent]) == (-1, [])
        assert numbers["q"] >= 1
        assert kinds["inventory"][-1][1]["widen_long_seed" if model == "seed" else "skew_down"] >= 1


def leaning(model: str, minutes: int = 14) -> Ticks:
    """Both sides trade alike by turns of minutes, then everybody sells for two minutes and the quotes answer."""
    told_by = Tape(start=START).quote("4200.00", "4200.25", 60, 60)
    for k in range(minutes * 60):
        (told_by.bought if k // 90 % 2 else told_by.sold)(1, "4200.25" if k // 90 % 2 else "4200.00").wait(0.999)
    for _ in range(120):
        told_by.sold(3, "4200.00").wait(0.999)
    told_by.quote(*("4199.75", "4200.00") if model == "literature" else ("4199.75", "4200.50"), 60, 60)
    for _ in range(20):
        told_by.wait(0.5)
    return told_by.rows()


@pytest.mark.parametrize(("sold", "read_as"), [(5, -1), (60, 0)])
def test_a_level_that_takers_ate_up_is_no_answer_of_makers(sold: int, read_as: int) -> None:
    """Both quotes go down a tick; sixty are shown at the bid, and either all of them or a few have just been sold."""
    told_by = Tape(start=START).quote("4200.00", "4200.25", 60, 60)
    for _ in range(72):
        told_by.wait(0.999)
    told_by.sold(sold, "4200.00").quote("4199.75", "4200.00", 60, 60).wait(2.9)
    numbers = at(told(told_by.rows())["inventory"], "2026-05-27 10:01:15")
    assert (numbers["reading"], numbers["steps"]) == (read_as, abs(read_as))


def test_m01_what_makers_hold_is_forgotten_at_a_day_and_after_a_halt() -> None:
    told_by = Tape(start="2026-05-27 09:25").quote("4200.00", "4200.25")
    for _ in range(120):
        told_by.sold(5, "4200.00").wait(1)
    halted = told(Tape(start="2026-05-27 09:25").then(told_by.rows()).halt().resume().wait(9).rows())["inventory"]
    assert max(numbers["q_hat"] for _, numbers in halted) > 200
    assert halted[-1][1]["q_hat"] == 0
    opened = told(told_by.at("09:30:02").bought(1, "4200.25").wait(7).rows())["inventory"]
    assert opened[-1][1]["q_hat"] == pytest.approx(-0.5, rel=0.02)


def test_sides_that_are_not_known_are_no_inventory() -> None:
    told_by = Tape(start=START).quote("4200.00", "4200.25")
    for k in range(60):
        (told_by.sold if k % 2 else told_by.printed)(5, "4200.00").wait(1)
    ticks = told_by.rows()
    ticks["side_method"][ticks["side"] == 0] = 1  # the feed says itself that it was nobody
    last = told(ticks)["inventory"][-1][1]
    assert last["confidence"] == pytest.approx(0.5, abs=0.02)


def walk(up: float, down: float, pull: float, seed: int = 4) -> Ticks:
    """Half an hour of seconds: a tick up or down by chance, drawn back to where it began by `pull`."""
    chance, told_by, price = np.random.default_rng(seed), Tape(start=START), 0
    for _ in range(1800):
        move = chance.random()
        price += (move < up - pull * price) - (move > 1 - down - pull * price)
        told_by.quote(str(4200 + price / 4), str(4200.25 + price / 4)).wait(0.999)
    return told_by.rows()


def test_m06_small_controlled_moves_are_told_from_a_trend() -> None:
    held = read(told(walk(0.2, 0.2, 0.05), MINUTE_NS)["inventory"])
    runs = read(told(walk(0.35, 0.05, 0.0), MINUTE_NS)["inventory"])
    assert np.isnan(held["efficiency"][:5]).all()
    assert (held["efficiency"][6:] <= 0.25).all()
    assert (held["variance_ratio"][6:] < 1).all()
    assert (held["controlled"][6:] == 1).all()
    assert (runs["efficiency"][6:] >= 0.6).all()
    assert (runs["controlled"] == 0).all()


def test_a_walk_by_chance_has_a_variance_ratio_of_about_one() -> None:
    ratios = [read(told(walk(0.2, 0.2, 0.0, seed), MINUTE_NS)["inventory"])["variance_ratio"][-1] for seed in range(20)]
    assert np.mean(ratios) == pytest.approx(1, abs=0.25)


def test_the_microprice_leans_to_where_less_is_shown() -> None:
    told_by = Tape(start=START).quote("4200.00", "4200.25", 90, 30)
    for _ in range(5):
        told_by.wait(1)
    told_by.quote("4200.00", "4200.25", 30, 90)
    for _ in range(6):
        told_by.wait(1)
    seen = told(told_by.rows())["inventory"]
    assert seen[0][1]["micro"] == 0.25  # mid 4200.125, micro 4200.1875 of ticks of .25
    assert (seen[1][1]["micro"], seen[1][1]["drift"]) == (-0.25, -0.5)


def test_an_unknown_model_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ConfigError, match="literature"):
        told(lesson().rows(), mm_model="both")
