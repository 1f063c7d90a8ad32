"""G8: one order that is far larger than any usual one, and what it must not be taken for (M32)."""

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import calm, guarded, tape
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape

BLOCK = 50
USUAL = 1


def busy(seconds: int = 540) -> Tape:
    """Enough orders of one lot for a guard to know what is usual."""
    return calm(tape("09:31"), seconds)


def test_m32_a_print_of_fifty_times_the_usual_size_is_a_block_for_a_minute() -> None:
    told = busy()
    struck = told.now
    ticks = calm(told.sold(BLOCK * USUAL, "4200.00"), 90).rows()
    assert guarded(ticks, 8) == [(True, struck, 0), (False, struck + 60 * SECOND_NS, 1)]


def test_an_order_is_its_prints_of_one_stamp_price_and_side() -> None:
    told = busy()
    told.step = 0
    for _ in range(BLOCK):
        told.sold(1, "4200.00")
    told.step = 1_000_000
    assert [on for on, _, _ in guarded(calm(told, 90).rows(), 8)] == [True, False]


def test_many_small_orders_are_no_block() -> None:
    told = busy()
    for _ in range(BLOCK):
        told.sold(1, "4200.00")
    assert guarded(calm(told, 90).rows(), 8) == []


def test_nobody_knows_what_is_large_before_two_thousand_orders() -> None:
    told = busy(300).sold(BLOCK, "4200.00")
    assert guarded(calm(told, 90).rows(), 8) == []


def test_what_comes_every_few_seconds_is_soon_no_block() -> None:
    told = busy()
    for _ in range(120):
        told = calm(told.sold(BLOCK, "4200.00"), 10)
    assert [on for on, _, _ in guarded(told.rows(), 8)] == [True, False]


def absorbed(block: int) -> list[float]:
    """What a level has taken when price lifts away from it: fifteen seconds of usual selling and one order more."""
    told = busy().quote("4200.25", "4200.50", 40, 60)
    for _ in range(60):
        told.sold(10, "4200.25").wait(0.249)
    if block:
        told.sold(block, "4200.25")
    told.quote("4200.50", "4200.75", 40, 60).bought(5, "4200.75").wait(0.1)
    engine = build(ES, WEEK, [Wish(params={"absorption": {"baseline_mu": 3.4, "baseline_sd": 0.6}})])
    events = engine.scan(told.rows())
    return [engine.evidence(e)["raw"] for e in events if engine.kinds[e["kind"]] == "absorption"]


def test_no_level_has_absorbed_a_block() -> None:
    [raw] = absorbed(0)
    assert raw >= 600
    assert absorbed(2_000) == [raw]


def imbalances(ticks: Ticks) -> list[str]:
    engine = build(ES, WEEK, [Wish()])
    return [name for e in engine.scan(ticks) if (name := engine.kinds[e["kind"]]).startswith("imbalance")]


def one_sided(block: bool) -> Ticks:
    """Five minutes in which twenty times more is bought than sold: by one order, or by all of them."""
    told = busy(1_740)
    chance = np.random.default_rng(3)
    end = told.now + 300 * SECOND_NS
    told.bought(6_000 if block else 1, "4200.25")
    while told.now < end:
        side = told.bought if chance.random() < (0.5 if block else 0.95) else told.sold
        side(int(chance.integers(1, 3)), "4200.25" if side == told.bought else "4200.00")
        told.now += SECOND_NS // 2
    return calm(told, 60).rows()


def test_m32_an_imbalance_that_is_one_block_weighs_nothing() -> None:
    assert "imbalance" in imbalances(one_sided(block=False))
    assert imbalances(one_sided(block=True)) == []
