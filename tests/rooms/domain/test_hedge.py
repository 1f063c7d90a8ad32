"""What is held against an inventory: near enough, never more than it takes, and nothing against nothing."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bot.config import instrument
from bot.domain.hedge import Hedge, LegRisk, ratio_of

RATIOS = st.fractions(Fraction(1, 1000), Fraction(100), max_denominator=1000)
THRESHOLDS = st.fractions(Fraction(1, 2), Fraction(5), max_denominator=100)
UNITS = st.integers(-500, 500)


def hedge(ratio: Fraction, threshold: Fraction = Fraction(3, 4)) -> Hedge:
    return Hedge("maker", 0, 1, ratio, threshold, stop_ticks=40, reach_ticks=4, patience_ns=5)


@given(ratio=RATIOS, threshold=THRESHOLDS, own=UNITS, held=UNITS)
def test_no_more_is_open_than_may_be_and_doing_it_again_changes_nothing(
    ratio: Fraction, threshold: Fraction, own: int, held: int
) -> None:
    one = hedge(ratio, threshold)
    wanted = one.wanted(own, held)
    assert abs(one.open(own, wanted)) <= threshold
    assert not one.too_much(own, wanted)
    assert one.wanted(own, wanted) == wanted
    assert one.wanted(-own, -held) == -wanted


@given(ratio=RATIOS, threshold=THRESHOLDS, held=UNITS)
def test_of_nothing_nothing_is_hedged(ratio: Fraction, threshold: Fraction, held: int) -> None:
    one = hedge(ratio, threshold)
    assert one.wanted(0, held) == 0
    assert one.too_much(0, held) == (held != 0)


@given(ratio=RATIOS, threshold=THRESHOLDS, own=UNITS, held=UNITS)
def test_what_is_done_is_the_nearest_whole_number(ratio: Fraction, threshold: Fraction, own: int, held: int) -> None:
    one = hedge(ratio, threshold)
    wanted = one.wanted(own, held)
    if own and wanted != held:
        best = min(abs(one.open(own, other)) for other in (wanted - 1, wanted, wanted + 1))
        assert abs(one.open(own, wanted)) == best


def test_shares_that_go_to_and_fro_around_half_a_future_trade_nothing() -> None:
    """300 SPY are six tenths of an ES, 200 four: whoever rounds each time buys and sells for nothing."""
    one = hedge(Fraction(1, 500))
    assert [one.wanted(own, 0) for own in (200, 300, 375, 376)] == [0, 0, 0, -1]
    assert [one.wanted(own, -1) for own in (400, 200, 126, 125, 124)] == [-1, -1, -1, -1, 0]


def test_only_a_micro_is_told_by_its_multiplier() -> None:
    es, mes, nq, spy = (instrument(name) for name in ("ES", "MES", "NQ", "SPY"))
    assert (ratio_of(es, mes), ratio_of(mes, es)) == (10, Fraction(1, 10))
    assert (ratio_of(es, nq), ratio_of(spy, es)) == (None, None)


def test_a_leg_lasts_when_its_time_is_over() -> None:
    leg = LegRisk(Fraction(1), since_ns=100, patience_ns=5)
    assert (leg.lasts(105), leg.lasts(106)) == (False, True)
