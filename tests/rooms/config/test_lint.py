"""The arithmetic of a configuration: the lesson's own numbers are refused with the true ones."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.config import instrument, load_strategy
from bot.config.instruments import instruments_of
from bot.config.lint import notes
from bot.config.loader import judge_strategy
from bot.errors import ConfigError, Fault
from bot.resources import shipped

LESSON = """
name = "lesson"
strategy = "absorption_reversal"
instrument = "ES"
context = "5m"

[bracket]
contracts = 1

[expect]
entry = "4200.50"
stop = "4199.75"
target = "4202.00"
bid = "4199.75"
ask = "4200.25"
risk_ticks = {risk}
reward_ticks = {reward}
reward_risk = {ratio}
spread_ticks = {spread}
"""

PLAIN = """
name = "plain"
strategy = "drill"
instrument = "ES"
timeframe = "1m"

[bracket]
stop_ticks = 8
target_ticks = 12
contracts = 1

[expect]
side = "long"
"""


def judged(text: str) -> list[Fault]:
    return list(judge_strategy(text, "mine.toml", Path())[1])


def told(text: str) -> list[tuple[str, str, str]]:
    """Level, key and code of each fault."""
    return [(fault.level, fault.key, fault.message.split(" ", 1)[0]) for fault in judged(text)]


def test_m02_m21_m22_m23_f13_the_lessons_numbers_are_refused_with_the_true_ones() -> None:
    faults = judged(LESSON.format(risk=25, reward=150, ratio=6, spread=50))
    assert [(fault.key, fault.message.partition(":")[0], fault.allowed) for fault in faults] == [
        ("expect.risk_ticks", "CLAIM_STOP_TICKS 25 != 3", "risk_ticks = 3"),
        ("expect.reward_ticks", "CLAIM_TARGET_TICKS 150 != 6", "reward_ticks = 6"),
        ("expect.spread_ticks", "CLAIM_SPREAD_TICKS 50 != 2", "spread_ticks = 2"),
        ("expect.reward_risk", "CLAIM_RR 6 != 2", 'reward_risk = "2"'),
    ]
    assert [fault.line for fault in faults] == [16, 17, 19, 18]
    assert "0.75 points of ES ÷ 0.25 a tick = 3" in faults[0].message


def test_m21_m22_m23_f13_the_lessons_corrected_numbers_pass() -> None:
    assert judged(LESSON.format(risk=3, reward=6, ratio='"2.0"', spread=2)) == []


def test_the_lessons_distances_in_the_bracket_are_refused_too() -> None:
    text = LESSON.format(risk=3, reward=6, ratio=2, spread=2)
    faults = judged(text.replace("contracts = 1", "contracts = 1\nstop_ticks = 25\ntarget_ticks = 150"))
    assert [(fault.key, fault.allowed) for fault in faults] == [
        ("bracket.stop_ticks", 'stop_ticks = 3, or expect.stop = "4194.25"'),
        ("bracket.target_ticks", 'target_ticks = 6, or expect.target = "4238.00"'),
    ]


def test_points_written_as_ticks_are_told_in_ticks() -> None:
    (fault,) = judged(PLAIN.replace("stop_ticks = 8", "stop_ticks = 0.75"))
    assert fault.message == "ticks are whole; 0.75 points of ES are 3 ticks"
    assert fault.do == "write stop_ticks = 3"
    (fault,) = judged(PLAIN.replace("stop_ticks = 8", "stop_ticks = 0.30"))
    assert (fault.message, fault.do) == ("ticks are whole, got 0.3", "a tick of ES is 0.25 points")


@pytest.mark.parametrize(
    ("was", "now", "faults"),
    [
        ('side = "long"', 'entry = "4200.60"', [("error", "expect.entry", "OFF_TICK")]),
        ('side = "long"', 'entry = "4200"\nstop = "4201"', [("error", "expect.stop", "STOP_WRONG_SIDE")]),
        ('side = "long"', 'entry = "4200"\ntarget = "4199"', [("error", "expect.target", "TARGET_WRONG_SIDE")]),
        (
            'side = "long"',
            'side = "short"\nentry = "4200"\nstop = "4199"\ntarget = "4201"',
            [("error", "expect.stop", "STOP_WRONG_SIDE"), ("error", "expect.target", "TARGET_WRONG_SIDE")],
        ),
        (
            'side = "long"',
            'entry = "4200"\nstop = "4198"\nbid = "4198"\nask = "4200"',
            [("error", "expect.stop", "STOP_INSIDE_SPREAD")],
        ),
        ('side = "long"', 'reward_risk = "1.6"', [("error", "expect.reward_risk", "CLAIM_RR")]),
        ("target_ticks = 12", "target_ticks = 7", [("error", "bracket.target_ticks", "RR_BELOW_MIN")]),
        ("target_ticks = 12", "target_ticks = 11", [("warning", "bracket.target_ticks", "RR_BELOW_MIN")]),
        ("target_ticks = 12", "target_ticks = -12", [("error", "bracket.target_ticks", "TARGET_WRONG_SIDE")]),
        ("stop_ticks = 8", "stop_ticks = -8", [("error", "bracket.stop_ticks", "STOP_WRONG_SIDE")]),
        ("stop_ticks = 8", "stop_ticks = 2", [("error", "bracket.stop_ticks", "STOP_RANGE")]),
        ("contracts = 1", "", [("error", "bracket", "QTY")]),
        ("contracts = 1", "contracts = 1\nrisk_usd = 200", [("error", "bracket.risk_usd", "QTY")]),
        ("contracts = 1", "contracts = 2", [("error", "bracket.contracts", "QTY")]),
        ("contracts = 1", "risk_usd = 600", [("error", "bracket.risk_usd", "RISK")]),
        ("contracts = 1", "risk_usd = 50", [("warning", "bracket.risk_usd", "QTY")]),
        ("[expect]", '[blackout]\nflatten_before = "2m"\n\n[expect]', [("error", "blackout.flatten_before", "HOURS")]),
        ("contracts = 1", "risk_usd = 0", [("error", "bracket.risk_usd", "must")]),
        ('timeframe = "1m"', 'timeframe = "500ms"', [("error", "timeframe", "TIMEFRAME")]),
        ('timeframe = "1m"', 'timeframe = "7m"', [("warning", "timeframe", "TIMEFRAME")]),
        ('timeframe = "1m"', 'timeframe = "2m"\ncontext = "5m"', [("error", "context", "TIMEFRAME")]),
        ('timeframe = "1m"', 'timeframe = "5m"\ncontext = "1m"', [("error", "context", "TIMEFRAME")]),
        ('instrument = "ES"', 'instrument = "IBM"', [("warning", "instrument", "INSTRUMENT")]),
        ('instrument = "ES"', 'instrument = "ESZ2026"', [("error", "instrument", "INSTRUMENT")]),
        ("[expect]", '[hours]\nstart = "10:00"\nend = "10:00"\n[expect]', [("error", "hours.end", "HOURS")]),
    ],
)
def test_each_mistake_has_its_code(was: str, now: str, faults: list[tuple[str, str, str]]) -> None:
    assert told(PLAIN) == []
    assert told(PLAIN.replace(was, now)) == faults


def test_a_bracket_that_risks_more_than_the_instrument_may_is_refused() -> None:
    text = PLAIN.replace('"ES"', '"TSLA"').replace("contracts = 1", "contracts = 50")
    assert told(text.replace("stop_ticks = 8", "stop_ticks = 400").replace("= 12", "= 600")) == []
    assert told(text.replace("stop_ticks = 8", "stop_ticks = 401").replace("= 12", "= 700")) == [
        ("error", "bracket.stop_ticks", "RISK"),
        ("error", "bracket.stop_ticks", "STOP_RANGE"),
    ]


def test_a_false_strategy_does_not_load(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(LESSON.format(risk=25, reward=150, ratio=6, spread=50))
    with pytest.raises(ConfigError) as error:
        load_strategy(path)
    assert len(error.value.faults) == 4


def test_the_notes_tell_money_and_break_even() -> None:
    spec, _ = judge_strategy(PLAIN, "mine.toml", Path())
    assert spec is not None
    assert notes(spec, instrument("ES")) == [
        "100.00 USD at risk a bracket (1 × 8 ticks × 12.50)",
        "reward:risk 1.5, break-even win rate 40.0% (41.8% after 4.50 USD costs)",
    ]
    spec = load_strategy("es-open-absorption")
    assert notes(spec, instrument("ES")) == ["at most 500.00 USD at risk a bracket (1 × 40 ticks × 12.50)"]


@pytest.mark.parametrize("path", sorted(shipped("config/strategies").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_strategy_is_free_of_faults_and_warnings(path: Path) -> None:
    assert judge_strategy(path.read_text(), path.name, path.parent)[1] == ()


@pytest.mark.parametrize(
    ("was", "now", "key"),
    [
        ('tick_value = "12.50"', 'tick_value = "12.5"', None),
        ('tick_value = "12.50"', 'tick_value = "25.00"', "ES.tick_value"),
        ("max_stop_ticks = 40", "max_stop_ticks = 41", "ES.max_stop_ticks"),
        ("min_stop_ticks = 3", "min_stop_ticks = 41", "ES.min_stop_ticks"),
        ("max_position = 2", 'max_position = 2\nband_low = "3850.10"', "ES.band_low"),
        ("max_position = 2", "max_position = 1", None),
        ("max_order = 1", "max_order = 3", "ES.max_order"),
        ('regular_close = "16:00"', 'regular_close = "09:30"', "ES.regular_close"),
        ('regular_close = "16:00"', 'regular_close = "16:00"\nzone = "America"', "ES.zone"),
        ('until = "2015-09-18"', 'until = "2012-09-18"', "ES.hours[0]"),
        ('close = "17:15"', 'close = "1715"', "ES.hours[0]"),
        ('close = "17:15"', 'closes = "17:15"', "ES.hours[0]"),
    ],
)
def test_each_mistake_in_instruments_names_its_key(was: str, now: str, key: str | None) -> None:
    text = shipped("config/instruments.toml").read_text().partition("[MES]")[0].replace(was, now)
    if key is None:
        assert instruments_of(text, "instruments.toml")["ES"].tick == Decimal("0.25")
        return
    with pytest.raises(ConfigError) as error:
        instruments_of(text, "instruments.toml")
    assert error.value.faults[0].key == key
    assert error.value.faults[0].line is not None


MANAGED = (
    PLAIN + "\n[manage]\nbreakeven_after_ticks = 6\nbreakeven_plus_ticks = 1\ntrail_after_ticks = 8\ntrail_ticks = 5\n"
)


def test_stops_that_move_pass_when_every_wish_is_whole() -> None:
    assert judged(MANAGED) == []


def test_a_stop_that_would_not_be_behind_its_print_is_refused_with_what_is_allowed() -> None:
    (fault,) = judged(MANAGED.replace("plus_ticks = 1", "plus_ticks = 6"))
    assert (fault.key, fault.allowed) == ("manage.breakeven_plus_ticks", "0 to 5")
    (fault,) = judged(MANAGED.replace("trail_ticks = 5", "trail_ticks = 0"))
    assert (fault.key, fault.allowed) == ("manage.trail_ticks", "at least 1")


def test_half_a_wish_is_refused() -> None:
    text = MANAGED.replace("breakeven_after_ticks = 6\n", "").replace("trail_ticks = 5\n", "")
    assert told(text) == [
        ("error", "manage.breakeven_plus_ticks", "MANAGE"),
        ("error", "manage.trail_after_ticks", "MANAGE"),
    ]


def test_a_target_that_comes_first_makes_moving_pointless() -> None:
    assert told(MANAGED.replace("trail_after_ticks = 8", "trail_after_ticks = 12")) == [
        ("warning", "manage.trail_after_ticks", "MANAGE")
    ]


def test_scaling_out_is_refused_with_what_to_use_instead() -> None:
    (fault,) = judged(PLAIN.replace("target_ticks = 12", "target_ticks = 12\ntargets = [8, 16]"))
    assert fault.key == "bracket.targets"
    assert "not offered" in fault.message
    assert "[manage]" in fault.do
