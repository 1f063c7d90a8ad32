"""Each guard by hand: when it goes on, when it goes off, and what must not trouble it."""

from dataclasses import replace

import numpy as np
import pytest

from bot.config.params import SECOND_NS
from bot.errors import ConfigError
from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import DAY, at, calm, guarded, tape
from tests.rooms.signals.scanning import ES, WEEK, kinds
from tests.tapes import Tape


def test_g4_a_missing_side_freezes_after_a_quarter_of_a_second() -> None:
    told = (
        tape().at("10:00:01").quote("4200.00", None).at("10:00:03").quote("4200.00", "4200.25").at("10:00:20").wait(0)
    )
    assert guarded(told.rows(), 4) == [
        (True, at("10:00:01.250"), 1),
        (False, at("10:00:08"), 1),
    ]


def test_g4_a_side_that_is_back_at_once_is_no_trouble() -> None:
    told = tape().at("10:00:01").quote(None, "4200.25").at("10:00:01.200").quote("4200.00", "4200.25").wait(10)
    assert guarded(told.rows(), 4) == []


def test_g4_a_tape_without_quotes_has_no_broken_book() -> None:
    told = Tape(start=f"{DAY} 10:00")
    for _ in range(30):
        told.bought(1, "4200.25")
        told.now += SECOND_NS
    assert guarded(told.rows(), 4) == []


def test_g6_a_halt_lasts_until_a_minute_after_its_end() -> None:
    told = tape().at("10:00:05").halt().at("10:00:20").resume()
    for _ in range(8):
        told.wait(10)
    assert guarded(told.rows(), 6) == [(True, at("10:00:05"), 0), (False, at("10:01:20"), 1)]


def test_g6_a_silence_is_known_before_the_row_that_ends_it() -> None:
    told = tape().at("10:00:50").wait(0)
    for _ in range(8):
        told.wait(10)
    assert guarded(told.rows(), 6) == [(True, at("10:00:30"), 1), (False, at("10:01:50"), 1)]


def test_g6_nobody_speaks_while_the_exchange_is_closed() -> None:
    told = tape("16:59:50").at("18:00:00").wait(0)
    assert guarded(told.rows(), 6) == []


def test_g6_a_market_that_is_slow_by_nature_may_be_silent_for_longer() -> None:
    told = tape()
    for _ in range(64):
        told.wait(10)
    told.wait(100).wait(10)
    assert guarded(told.rows(), 6) == []


def test_g5_a_wide_spread_counts_when_it_has_stood_for_half_a_second() -> None:
    told = calm(tape(), 60).quote("4200.00", "4200.75")
    since = told.now - 1_000_000
    told.wait(0.3).wait(1).quote("4200.00", "4200.25")
    back = told.now - 1_000_000
    told = calm(told, 40)
    edges = guarded(told.rows(), 5)
    assert edges[0] == (True, since + SECOND_NS // 2, 1)
    assert edges[1] == (False, back + 30 * SECOND_NS, 1)


@pytest.mark.parametrize(("flash", "late"), [(0.4, 0), (0.6, 10.6)])
def test_g5_a_flash_of_width_does_not_put_off_its_end_either(flash: float, late: float) -> None:
    told = calm(tape(), 60).quote("4200.00", "4200.75").wait(1).quote("4200.00", "4200.25")
    back = told.now - 1_000_000
    told.now = back + 10 * SECOND_NS
    told.quote("4200.00", "4200.50")
    told.now = back + int((10 + flash) * SECOND_NS)
    told = calm(told.quote("4200.00", "4200.25"), 50)
    edges = guarded(told.rows(), 5)
    assert edges[1] == (False, back + int((30 + late) * SECOND_NS), 1)


def test_g5_a_flash_of_width_does_not_count() -> None:
    told = calm(tape(), 60).quote("4200.00", "4201.00").wait(0.3).quote("4200.00", "4200.25")
    assert guarded(calm(told, 10).rows(), 5) == []


def test_g2_a_flood_of_quotes_is_seen_within_its_second() -> None:
    told = calm(tape(), 60)
    began = told.now
    chance = np.random.default_rng(1)
    for _ in range(2_000):
        told.quote("4200.00", "4200.25", int(chance.integers(1, 99)), int(chance.integers(1, 99)))
    edges = guarded(calm(told, 30).rows(), 2)
    assert [on for on, _, _ in edges] == [True, False]
    assert edges[0][1] - began < SECOND_NS
    assert edges[1][1] - told.now < 12 * SECOND_NS


def test_g2_sizes_that_flicker_are_seen_at_the_end_of_their_second() -> None:
    told = calm(tape(), 60)
    began = told.now
    for k in range(200):
        told.quote("4200.00", "4200.25", 10 + 90 * (k % 2), 10)
        told.now += 8_000_000
        told.bought(1, "4200.25")
    edges = guarded(calm(told, 30).rows(), 2)
    assert [on for on, _, _ in edges] == [True, False]
    assert edges[0][1] - began < 2 * SECOND_NS


def test_g2_a_busy_market_that_trades_is_not_stuffed() -> None:
    told = calm(tape(), 60)
    chance = np.random.default_rng(1)
    for k in range(2_000):
        told.quote("4200.00", "4200.25", int(chance.integers(1, 99)), int(chance.integers(1, 99)))
        if k % 10 == 0:
            told.bought(1, "4200.25")
    assert guarded(told.rows(), 2) == []


def test_g1_a_market_that_runs_is_a_spike_and_calms_down_after_two_minutes() -> None:
    told = calm(tape(), 400)
    began = told.now
    for k in range(40):
        low = 16800 - 2 * k
        told.quote(str(low / 4), str((low + 1) / 4)).sold(5, str(low / 4))
        told.now += SECOND_NS // 2
    ended = told.now
    for _ in range(300):
        told.quote("4180.00", "4180.25")
        told.now += SECOND_NS
    edges = guarded(told.rows(), 1)
    assert [on for on, _, _ in edges] == [True, False]
    assert edges[0][1] - began < 25 * SECOND_NS
    assert edges[1][1] - ended > 120 * SECOND_NS


def test_g1_one_tick_after_a_dead_half_hour_is_no_spike() -> None:
    told = tape()
    for _ in range(200):
        told.wait(9)
    for _ in range(30):
        told.quote("4200.25", "4200.50").wait(1)
    assert guarded(told.rows(), 1) == []


def test_g3_near_a_band_and_for_five_minutes_after() -> None:
    banded = replace(ES, band_high=16812, band_low=16000)
    told = tape().at("10:00:01").quote("4200.25", "4200.50").at("10:00:02").quote("4200.00", "4200.25")
    for _ in range(35):
        told.wait(10)
    assert guarded(told.rows(), 3, banded) == [(True, at("10:00:01"), 0), (False, at("10:05:02"), 1)]
    assert guarded(told.rows(), 3) == []


def test_an_absorption_does_not_survive_a_halt_or_a_broken_book() -> None:
    for spoil in ("", "halt", "lock"):
        told = Tape(start=f"{DAY} 10:00").quote("4200.25", "4200.50", 30, 30)
        for _ in range(60):
            told.sold(10, "4200.25").wait(0.2)
        if spoil == "halt":
            told.halt().wait(1).resume()
        if spoil == "lock":
            told.quote("4200.25", None).wait(1).quote("4200.25", "4200.50", 30, 30)
        told.quote("4200.50", "4200.75").bought(5, "4200.75").wait(1)
        params = {"absorption": {"baseline_mu": 3.0, "baseline_sd": 0.5, "volume_min": 100}}
        engine = build(ES, WEEK, [Wish(params=params)])
        found = kinds(engine, engine.scan(told.rows()))
        assert ("absorption" in found) == (spoil == ""), spoil


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("guard_spread", {"times": 1.2}),
        ("guard_spread", {"floor_ticks": 1}),
        ("guard_volatility", {"calm_ratio": 3.0}),
    ],
)
def test_a_guard_that_would_flutter_is_refused(kind: str, table: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="calm"):
        build(ES, WEEK, [Wish(params={kind: table})])
